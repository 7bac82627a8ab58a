//! Systems side by side: a panel for each question, a bar for each system.

use super::super::figures::duration;
use super::{Anchor, Canvas};

/// One question.
pub(in super::super) struct Panel {
    pub(in super::super) title: String,
    pub(in super::super) bars: Vec<Bar>,
}

pub(in super::super) struct Bar {
    pub(in super::super) system: String,
    pub(in super::super) nanoseconds: f64,
    pub(in super::super) is_ours: bool,
}

const LEFT: f64 = 270.0;
const RIGHT: f64 = 700.0;
const ROW: f64 = 20.0;
const TITLE: f64 = 34.0;

/// The shortest bars come first.
pub(in super::super) fn plot(title: &str, mut panels: Vec<Panel>) -> String {
    let height: f64 = panels.iter().map(|panel| TITLE + ROW * panel.bars.len() as f64).sum();
    let mut canvas = Canvas::new(RIGHT + 120.0, 40.0 + height);
    canvas.text((10.0, 22.0), Anchor::Start, "title", title);
    let mut y = 40.0;
    for panel in &mut panels {
        panel.bars.sort_by(|a, b| a.nanoseconds.total_cmp(&b.nanoseconds));
        let most = panel.bars.iter().map(|bar| bar.nanoseconds).fold(0.0, f64::max);
        canvas.text((10.0, y + 20.0), Anchor::Start, "title", &panel.title);
        y += TITLE;
        for bar in &panel.bars {
            let class = if bar.is_ours { "first" } else { "other" };
            let width = (RIGHT - LEFT) * bar.nanoseconds / most;
            canvas.text((LEFT - 8.0, y + 10.0), Anchor::End, "", &bar.system);
            canvas.rectangle((LEFT, y), (width, ROW - 6.0), class);
            let number = duration(bar.nanoseconds);
            canvas.text((LEFT + width + 6.0, y + 10.0), Anchor::Start, "small", number);
            y += ROW;
        }
    }
    canvas.finish()
}
