//! A comparison of two revisions: a row for each case, with the ratio of its times and that of its instructions.

use super::super::figures::Kind;
use super::super::report::{Row, Runs};
use super::{Anchor, Canvas, Logarithmic};

const LEFT: f64 = 330.0;
const RIGHT: f64 = 900.0;
const TOP: f64 = 70.0;
const ROW: f64 = 18.0;

pub(in super::super) fn plot(runs: &Runs, rows: &[Row]) -> String {
    let bottom = TOP + ROW * rows.len() as f64;
    let mut canvas = Canvas::new(RIGHT + 20.0, bottom + 30.0);
    let title = format!("The working tree over {}: less is better", runs.reference);
    canvas.text((10.0, 22.0), Anchor::Start, "title", title);
    canvas.text(
        (10.0, 42.0),
        Anchor::Start,
        "small",
        "blue: times, with what holds the median with 95 %; orange: instructions; grey: the noise",
    );

    let times = rows.iter().filter_map(|row| row.time).flat_map(|ratio| [ratio.low, ratio.high]);
    let axis = Logarithmic::around_one(times.chain(rows.iter().filter_map(instructions)), LEFT, RIGHT);
    let band = 1.0 + runs.noise.band;
    canvas.rectangle((axis.at(1.0 / band), TOP), (axis.at(band) - axis.at(1.0 / band), bottom - TOP), "band");
    for tick in axis.ticks() {
        canvas.line((axis.at(tick), TOP), (axis.at(tick), bottom), "grid");
        canvas.text((axis.at(tick), bottom + 16.0), Anchor::Middle, "small", format!("{tick}"));
    }
    for (index, row) in rows.iter().enumerate() {
        let y = TOP + ROW * (index as f64 + 0.5);
        canvas.text((LEFT - 10.0, y + 4.0), Anchor::End, "", &row.id);
        if let Some(ratio) = row.time {
            canvas.line((axis.at(ratio.low), y), (axis.at(ratio.high), y), "first");
            canvas.dot((axis.at(ratio.median), y), "first");
        }
        if let Some(ratio) = instructions(row) {
            canvas.rectangle((axis.at(ratio) - 2.0, y - 6.0), (4.0, 12.0), "second");
        }
    }
    canvas.finish()
}

fn instructions(row: &Row) -> Option<f64> {
    Some(Kind::Instructions.of(&row.after)? / Kind::Instructions.of(&row.before)?)
}
