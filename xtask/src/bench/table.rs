//! All figures of one run, as a table in Markdown.

use super::figures::{All, Case, Figures, Kind, shown};

/// A row for each case: the cost beyond what is subtracted, and the whole in brackets.
pub(super) fn table(cases: &[Case], all: &All) -> String {
    const KINDS: [Kind; 5] = [Kind::Time, Kind::Instructions, Kind::Allocations, Kind::Bytes, Kind::Kept];
    let heads = KINDS.map(|kind| format!(" {} |", kind.name())).concat();
    let mut table = format!("| id |{heads}\n|---|{}\n", "--:|".repeat(KINDS.len()));
    for case in cases {
        let Some(figures) = all.get(&case.id) else { continue };
        let other = case.beyond.as_ref().and_then(|id| all.get(id));
        let cells = KINDS.map(|kind| format!(" {} |", cell(case, kind, figures, other))).concat();
        table.push_str(&format!("| `{}` |{cells}\n", case.id));
    }
    table
}

fn cell(case: &Case, kind: Kind, figures: &Figures, other: Option<&Figures>) -> String {
    let Some(value) = kind.of(figures) else { return "–".to_owned() };
    let beyond = other.and_then(|other| kind.of(other)).map(|other| value - other);
    let mut cell = shown(beyond.unwrap_or(value));
    if beyond.is_some() && matches!(kind, Kind::Time | Kind::Instructions) {
        cell.push_str(&format!(" (of {})", shown(value)));
    }
    if let Some(budget) = kind.budget(&case.budget) {
        let missed = beyond.unwrap_or(value) > budget;
        cell.push_str(&format!(", budget {}{}", shown(budget), if missed { " **missed**" } else { "" }));
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::super::figures::{Budget, Measured};
    use super::*;

    #[test]
    fn a_row_has_the_cost_beyond_another_and_the_budget() {
        let measured = Measured { time: false, counts: true };
        let budget = Budget { instructions: Some(1050.0), ..Budget::default() };
        let bare = Case { id: "bare".into(), beyond: None, figures: measured, budget: Budget::default() };
        let ours = Case { id: "ours".into(), beyond: Some("bare".into()), figures: measured, budget };
        let figures = |instructions| Figures { instructions: Some(instructions), ..Figures::default() };
        let all = All::from([("bare".to_owned(), figures(2000.0)), ("ours".to_owned(), figures(3400.0))]);
        let table = table(&[bare, ours], &all);
        let rows: Vec<_> = table.lines().skip(2).collect();
        assert_eq!(rows[0], "| `bare` | – | 2000 | – | – | – |");
        assert_eq!(rows[1], "| `ours` | – | 1400 (of 3400), budget 1050 **missed** | – | – | – |");
    }
}
