//! Panels: each says what it shows, what that means, and why it may be empty.

use serde_json::{Value, json};

use super::variable;

/// Grafana's names of units.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    Bytes,
    BytesPerSecond,
    Count,
    CountPerSecond,
    RequestsPerSecond,
    Seconds,
    /// 0 to 1, shown as per cent.
    Share,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "binBps",
            Self::Count => "short",
            Self::CountPerSecond => "cps",
            Self::RequestsPerSecond => "reqps",
            Self::Seconds => "s",
            Self::Share => "percentunit",
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Lines over time.
    Series,
    /// One number.
    Number,
    /// Buckets over time.
    Heatmap,
    Table,
}

#[derive(Debug)]
pub(super) struct Panel {
    kind: Kind,
    title: &'static str,
    description: String,
    unit: Unit,
    stacked: bool,
    empty: Option<&'static str>,
    thresholds: Vec<Value>,
    targets: Vec<Value>,
    pub(super) width: u64,
    pub(super) height: u64,
}

/// Lines over time. `description` is for whoever looks when something is wrong.
pub(super) fn series(title: &'static str, unit: Unit, description: impl Into<String>) -> Panel {
    Panel::new(Kind::Series, title, unit, description.into(), (12, 8))
}

/// One number, of now.
pub(super) fn number(title: &'static str, unit: Unit, description: impl Into<String>) -> Panel {
    Panel::new(Kind::Number, title, unit, description.into(), (6, 4))
}

/// How many fell into which bucket, over time. The unit is that of the bounds.
pub(super) fn heatmap(title: &'static str, unit: Unit, description: impl Into<String>) -> Panel {
    Panel::new(Kind::Heatmap, title, unit, description.into(), (12, 8))
}

/// A line for each series, with its labels.
pub(super) fn table(title: &'static str, description: impl Into<String>) -> Panel {
    Panel::new(Kind::Table, title, Unit::Count, description.into(), (24, 8))
}

impl Panel {
    fn new(kind: Kind, title: &'static str, unit: Unit, description: String, (width, height): (u64, u64)) -> Self {
        let (thresholds, targets) = (Vec::new(), Vec::new());
        Self { kind, title, description, unit, stacked: false, empty: None, thresholds, targets, width, height }
    }

    /// One more query. `legend` names its series, with labels in double braces.
    pub(super) fn query(mut self, legend: &str, query: impl AsRef<str>) -> Self {
        let target = self.target(legend, query.as_ref());
        self.targets.push(target);
        self
    }

    /// One more query, whose buckets have exemplars to show.
    pub(super) fn query_with_exemplars(mut self, legend: &str, query: impl AsRef<str>) -> Self {
        let mut target = self.target(legend, query.as_ref());
        target["exemplar"] = true.into();
        self.targets.push(target);
        self
    }

    /// Why there may be nothing to see.
    pub(super) fn empty(mut self, reason: &'static str) -> Self {
        self.empty = Some(reason);
        self
    }

    /// The lines lie on each other, so that the top is their sum.
    pub(super) fn stacked(mut self) -> Self {
        self.stacked = true;
        self
    }

    /// Of 24.
    pub(super) fn width(mut self, width: u64) -> Self {
        self.width = width;
        self
    }

    /// Colours of the number: the first from the lowest values on, the others from theirs on.
    pub(super) fn colours(mut self, lowest: &str, steps: &[(f64, &str)]) -> Self {
        let steps = steps.iter().map(|(from, colour)| json!({"color": colour, "value": from}));
        self.thresholds = [json!({"color": lowest, "value": null})].into_iter().chain(steps).collect();
        self
    }

    fn target(&self, legend: &str, query: &str) -> Value {
        let letter = char::from(b'A'.saturating_add(u8::try_from(self.targets.len()).unwrap_or(u8::MAX)));
        let mut target = json!({"refId": letter.to_string(), "expr": query});
        if !legend.is_empty() {
            target["legendFormat"] = legend.into();
        }
        match self.kind {
            Kind::Series => {}
            Kind::Number => target["instant"] = true.into(),
            Kind::Heatmap => target["format"] = "heatmap".into(),
            Kind::Table => {
                target["instant"] = true.into();
                target["format"] = "table".into();
            }
        }
        target
    }

    pub(super) fn json(&self, id: u64, (x, y): (u64, u64)) -> Value {
        let mut defaults = json!({"unit": self.unit.name()});
        if let Some(reason) = self.empty {
            defaults["noValue"] = reason.into();
        }
        if !self.thresholds.is_empty() {
            defaults["thresholds"] = json!({"mode": "absolute", "steps": self.thresholds});
            defaults["color"] = json!({"mode": "thresholds"});
        }
        if matches!(self.kind, Kind::Series) {
            defaults["min"] = 0.into();
            defaults["custom"] = self.lines();
        }
        let mut panel = json!({
            "id": id,
            "type": self.name(),
            "title": self.title,
            "description": self.description,
            "datasource": variable::datasource(),
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": self.options(),
            "targets": self.targets,
        });
        if matches!(self.kind, Kind::Table) {
            // The labels are what a table is for.
            let hidden = json!({"Time": true, "Value": true, "__name__": true});
            panel["transformations"] = json!([{"id": "organize", "options": {"excludeByName": hidden}}]);
        }
        panel
    }

    fn name(&self) -> &'static str {
        match self.kind {
            Kind::Series => "timeseries",
            Kind::Number => "stat",
            Kind::Heatmap => "heatmap",
            Kind::Table => "table",
        }
    }

    fn lines(&self) -> Value {
        let mut lines = json!({"fillOpacity": 10, "showPoints": "never"});
        if self.stacked {
            lines["stacking"] = json!({"mode": "normal", "group": "A"});
        }
        lines
    }

    fn options(&self) -> Value {
        match self.kind {
            Kind::Series => json!({
                "legend": {"displayMode": "table", "placement": "bottom", "showLegend": true, "calcs": ["mean", "max"]},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
            Kind::Number => json!({"reduceOptions": {"calcs": ["lastNotNull"], "values": false}}),
            Kind::Heatmap => json!({
                "color": {
                    "mode": "scheme", "scheme": "Oranges", "scale": "exponential",
                    "exponent": 0.5, "steps": 64, "fill": "dark-orange", "reverse": false,
                },
                "yAxis": {"unit": self.unit.name()},
                "tooltip": {"mode": "single", "yHistogram": true},
            }),
            Kind::Table => json!({"showHeader": true}),
        }
    }
}
