//! Places of panels: Grafana moves what overlaps to where there is room, and nobody knows where that is.

use serde_json::Value;

const COLUMNS: u64 = 24;

/// Panels that are shown together.
pub(super) fn faults(panels: &[Value]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut placed: Vec<(String, Place)> = Vec::new();
    for panel in panels {
        let name = format!("panel `{}` ({})", panel["title"].as_str().unwrap_or_default(), panel["id"]);
        match Place::of(panel) {
            Some(place) => {
                let over = placed.iter().filter(|(_, other)| place.overlaps(*other));
                faults.extend(over.map(|(other, _)| format!("{name} lies over {other}")));
                placed.push((name, place));
            }
            None => faults.push(format!("{name} has no place within {COLUMNS} columns")),
        }
    }
    faults
}

#[derive(Debug, Clone, Copy)]
struct Place {
    x: u64,
    y: u64,
    w: u64,
    h: u64,
}

impl Place {
    fn of(panel: &Value) -> Option<Self> {
        let part = |name: &str| panel["gridPos"][name].as_u64();
        let place = Self { x: part("x")?, y: part("y")?, w: part("w")?, h: part("h")? };
        (place.w > 0 && place.h > 0 && place.x + place.w <= COLUMNS).then_some(place)
    }

    fn overlaps(self, other: Self) -> bool {
        let apart = |from: u64, length: u64, other: u64, others: u64| from + length <= other || other + others <= from;
        !apart(self.x, self.w, other.x, other.w) && !apart(self.y, self.h, other.y, other.h)
    }
}
