//! Rows of panels, and their places.

use serde_json::{Value, json};

use super::panel::Panel;

const COLUMNS: u64 = 24;

/// The first number of a row's panels, and the room for more: a panel that is added at the end of a row leaves the ids
/// of all others as they were, and so the links to them.
const IDS_OF_A_ROW: u64 = 100;

/// Groups the dashboards, so that each has links to the others.
const TAG: &str = "telemetry";

pub(super) struct Dashboard {
    /// Of the file, without extension.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) variables: Vec<Value>,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Row {
    title: &'static str,
    /// Most services have nothing to show in it: its queries wait until somebody opens it.
    collapsed: bool,
    panels: Vec<Panel>,
}

impl Row {
    pub(super) fn open(title: &'static str, panels: Vec<Panel>) -> Self {
        Self { title, collapsed: false, panels }
    }

    pub(super) fn collapsed(title: &'static str, panels: Vec<Panel>) -> Self {
        Self { title, collapsed: true, panels }
    }
}

impl Dashboard {
    /// The text of the file.
    pub(super) fn text(&self) -> String {
        let mut panels = Vec::new();
        let mut y = 0;
        let mut first = IDS_OF_A_ROW;
        for row in &self.rows {
            let header = y;
            let (inside, end) = placed(&row.panels, first + 1, header + 1);
            let held = if row.collapsed { inside.as_slice() } else { &[] };
            panels.push(json!({
                "id": first,
                "type": "row",
                "title": row.title,
                "collapsed": row.collapsed,
                "gridPos": {"x": 0, "y": header, "w": COLUMNS, "h": 1},
                "panels": held,
            }));
            if row.collapsed {
                y = header + 1;
            } else {
                panels.extend(inside);
                y = end;
            }
            first += IDS_OF_A_ROW;
        }
        let dashboard = json!({
            "uid": format!("{TAG}-{}", self.name),
            "title": self.title,
            "description": self.description,
            "tags": [TAG],
            // That of the schema which `cargo xtask integration` holds them against.
            "schemaVersion": 42,
            "time": {"from": "now-30m", "to": "now"},
            "refresh": "10s",
            // A point in time under the pointer is shown in all panels.
            "graphTooltip": 1,
            "links": [links()],
            "templating": {"list": self.variables},
            "panels": panels,
        });
        format!("{dashboard:#}\n")
    }
}

/// From left to right, then below; with the first row of the grid that is free.
fn placed(panels: &[Panel], first: u64, top: u64) -> (Vec<Value>, u64) {
    let (mut x, mut y, mut tallest) = (0, top, 0);
    let mut placed = Vec::new();
    for (panel, id) in panels.iter().zip(first..) {
        if x + panel.width > COLUMNS {
            (x, y, tallest) = (0, y + tallest, 0);
        }
        placed.push(panel.json(id, (x, y)));
        x += panel.width;
        tallest = tallest.max(panel.height);
    }
    (placed, y + tallest)
}

/// The other dashboards, for the same services and the same time.
fn links() -> Value {
    json!({
        "type": "dashboards",
        "title": "Other dashboards",
        "tooltip": "",
        "icon": "external link",
        "tags": [TAG],
        "asDropdown": false,
        "includeVars": true,
        "keepTime": true,
        "targetBlank": false,
    })
}
