//! Pictures, as SVG.

use svg::node::element::{Circle, Line, Rectangle, Style, Text};
use svg::{Document, Node};

pub(super) mod bars;
pub(super) mod dots;
pub(super) mod trend;

const STYLE: &str = "text { font: 12px system-ui, sans-serif; fill: #1f2328; } .title { font-weight: 600; } \
     .small { font-size: 11px; fill: #59636e; } .paper { fill: #ffffff; } .grid { stroke: #d1d9e0; } \
     .band { fill: #eff2f5; } .first { fill: #0969da; stroke: #0969da; } .second { fill: #bc4c00; stroke: #bc4c00; } \
     .third { fill: #1a7f37; stroke: #1a7f37; } .fourth { fill: #8250df; stroke: #8250df; } \
     .fifth { fill: #bf3989; stroke: #bf3989; } .sixth { fill: #9a6700; stroke: #9a6700; } \
     .seventh { fill: #1b7c83; stroke: #1b7c83; } .eighth { fill: #cf222e; stroke: #cf222e; } \
     .ninth { fill: #57606a; stroke: #57606a; } .other { fill: #9198a1; stroke: #9198a1; } polyline { fill: none !important; stroke-width: 1.5; }";

/// A picture that grows. Coordinates are in pixels, from the left and from the top.
struct Canvas(Document);

#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    fn new(width: f64, height: f64) -> Self {
        let document = Document::new().set("viewBox", (0, 0, width, height)).set("width", width).set("height", height);
        let mut canvas = Self(document.add(Style::new(STYLE)));
        canvas.rectangle((0.0, 0.0), (width, height), "paper");
        canvas
    }

    fn add(&mut self, node: impl Into<Box<dyn Node>>) {
        self.0.append(node);
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, text: impl Into<String>) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.add(Text::new(text).set("x", x).set("y", y).set("text-anchor", anchor).set("class", class));
    }

    fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        self.add(Line::new().set("x1", x1).set("y1", y1).set("x2", x2).set("y2", y2).set("class", class));
    }

    fn rectangle(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str) {
        let rectangle = Rectangle::new().set("x", x).set("y", y).set("width", width.max(0.0)).set("height", height);
        self.add(rectangle.set("class", class));
    }

    fn dot(&mut self, (x, y): (f64, f64), class: &str) {
        self.add(Circle::new().set("cx", x).set("cy", y).set("r", 3.5).set("class", class));
    }

    fn finish(self) -> String {
        format!("{}\n", self.0)
    }
}

/// Where values stand on an axis whose steps are ratios.
struct Logarithmic {
    low: f64,
    high: f64,
    /// Pixels of both ends.
    from: f64,
    to: f64,
}

impl Logarithmic {
    /// An axis around 1 that has room for all `ratios`.
    fn around_one(ratios: impl IntoIterator<Item = f64>, from: f64, to: f64) -> Self {
        let ratios = ratios.into_iter().filter(|ratio| ratio.is_finite() && *ratio > 0.0);
        let widest = ratios.map(|ratio| ratio.max(1.0 / ratio)).fold(1.1, f64::max) * 1.02;
        Self { low: 1.0 / widest, high: widest, from, to }
    }

    fn at(&self, value: f64) -> f64 {
        let part = (value.clamp(self.low, self.high) / self.low).ln() / (self.high / self.low).ln();
        self.from + part * (self.to - self.from)
    }

    /// Round values to draw lines at.
    fn ticks(&self) -> Vec<f64> {
        const ROUND: [f64; 15] = [0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0];
        ROUND.into_iter().filter(|tick| (self.low..=self.high).contains(tick)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_one_in_the_middle() {
        let axis = Logarithmic::around_one([0.5, 1.2], 100.0, 300.0);
        assert!((axis.at(1.0) - 200.0).abs() < 1e-9);
        assert!(axis.at(0.5) > 100.0 && axis.at(0.01) >= 100.0 && axis.at(0.8) < 200.0 && axis.at(1.25) > 200.0);
        assert!(axis.ticks().contains(&0.5) && !axis.ticks().contains(&0.33));
    }

    #[test]
    fn texts_are_escaped() {
        let mut canvas = Canvas::new(10.0, 10.0);
        canvas.text((0.0, 0.0), Anchor::Start, "small", "a < b & c");
        let picture = canvas.finish();
        assert!(picture.contains("a &lt; b &amp; c"), "{picture}");
    }
}
