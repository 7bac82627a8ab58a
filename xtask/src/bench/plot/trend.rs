//! Saved runs in their order: how the cases that have a budget came along.

use svg::node::element::Polyline;

use super::super::figures::Kind;
use super::super::saved::Run;
use super::{Anchor, Canvas, Logarithmic};

const LEFT: f64 = 60.0;
const RIGHT: f64 = 560.0;
const TOP: f64 = 60.0;
const BOTTOM: f64 = 300.0;
const CLASSES: [&str; 9] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];

/// Instructions of `ids`, each over those of its first run. Runs that lack an id are left out of its line.
pub(in super::super) fn plot(runs: &[Run], ids: &[String]) -> String {
    let mut canvas = Canvas::new(960.0, BOTTOM + 40.0);
    canvas.text(
        (10.0, 22.0),
        Anchor::Start,
        "title",
        "Instructions, over those of the first run that has them: less is better",
    );
    let x = |index: usize| LEFT + (RIGHT - LEFT) * index as f64 / (runs.len().max(2) - 1) as f64;
    let lines: Vec<_> = ids.iter().map(|id| (id, line(runs, id))).filter(|(_, line)| !line.is_empty()).collect();
    let ratios = lines.iter().flat_map(|(_, line)| line.iter().map(|(_, ratio)| *ratio));
    let axis = Logarithmic::around_one(ratios, BOTTOM, TOP);
    for tick in axis.ticks() {
        canvas.line((LEFT, axis.at(tick)), (RIGHT, axis.at(tick)), "grid");
        canvas.text((LEFT - 10.0, axis.at(tick) + 4.0), Anchor::End, "small", format!("{tick}"));
    }
    for (index, run) in runs.iter().enumerate() {
        canvas.text((x(index), BOTTOM + 20.0), Anchor::Middle, "small", &run.name);
    }
    for (number, (id, line)) in lines.iter().enumerate() {
        let class = CLASSES[number % CLASSES.len()];
        let points = line.iter().map(|(index, ratio)| format!("{},{}", x(*index), axis.at(*ratio)));
        canvas.add(Polyline::new().set("points", points.collect::<Vec<_>>().join(" ")).set("class", class));
        for (index, ratio) in line {
            canvas.dot((x(*index), axis.at(*ratio)), class);
        }
        let y = TOP + 20.0 * number as f64;
        canvas.dot((RIGHT + 40.0, y), class);
        canvas.text((RIGHT + 52.0, y + 4.0), Anchor::Start, "", *id);
    }
    canvas.finish()
}

fn line(runs: &[Run], id: &str) -> Vec<(usize, f64)> {
    let values = runs.iter().enumerate();
    let values = values.filter_map(|(index, run)| Some((index, Kind::Instructions.of(run.figures.get(id)?)?)));
    let values: Vec<_> = values.collect();
    let Some(&(_, first)) = values.first() else { return Vec::new() };
    values.into_iter().map(|(index, value)| (index, value / first)).collect()
}
