//! By how much a count may grow.

use super::figures::{Figures, Kind, shown};

/// Counts of which something has grown by more than `percent`, and what they were and are.
///
/// Numbers as small as a few instructions repeat as well as large ones do, but a per cent of them is nothing: so there is
/// room for a little of each kind.
pub(super) fn grown(id: &str, before: &Figures, after: &Figures, percent: f64) -> Vec<String> {
    let of_kind = |kind: Kind| {
        let (before, after) = (kind.of(before)?, kind.of(after)?);
        let most = before + (before * percent / 100.0).max(room(kind));
        (after > most).then(|| format!("{id}: {} {} instead of {}", shown(after), kind.name(), shown(before)))
    };
    Kind::COUNTS.into_iter().filter_map(of_kind).collect()
}

fn room(kind: Kind) -> f64 {
    match kind {
        Kind::Instructions => 4.0,
        // A list that grows once in many times, in some order of things.
        Kind::Allocations => 0.05,
        Kind::Time | Kind::Bytes | Kind::Kept => 8.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_beyond_the_limit_is_named() {
        let figures = |instructions, allocations, bytes| Figures {
            time: None,
            instructions: Some(instructions),
            allocations: Some(allocations),
            bytes: Some(bytes),
            kept: Some(0.0),
        };
        let before = figures(1000.0, 0.0, 160.0);
        let grown = |after: &Figures| grown("a/b/c", &before, after, 2.0);
        assert!(grown(&before).is_empty());
        assert!(grown(&figures(1020.0, 0.0, 160.0)).is_empty());
        assert!(grown(&figures(900.0, 0.01, 165.0)).is_empty());
        assert_eq!(grown(&figures(1021.0, 0.0, 160.0)), ["a/b/c: 1021 instructions instead of 1000"]);
        assert_eq!(grown(&figures(1000.0, 1.0, 160.0)), ["a/b/c: 1 allocations instead of 0"]);
        assert_eq!(grown(&figures(1000.0, 0.0, 170.0)), ["a/b/c: 170 bytes instead of 160"]);
        assert!(super::grown("a/b/c", &figures(2.0, 0.0, 0.0), &figures(5.0, 0.0, 0.0), 2.0).is_empty());
    }
}
