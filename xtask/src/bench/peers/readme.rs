//! The part of the README that compares ours with other crates.

use std::path::Path;

use anyhow::{Context, Result};

use super::super::figures::shown;
use super::comparison::Comparison;
use super::conformance::{self, Cell};
use super::read;

const BEGIN: &str = "<!-- written by `cargo xtask bench --peers --update` -->\n";
const END: &str = "<!-- end of what is written -->\n";

/// What belongs there, by the figures and answers in `folder`.
pub(super) fn comparison(folder: &Path) -> Result<String> {
    let costs: Comparison = read(&folder.join("peers.json"))?;
    let answers: Vec<Cell> = read(&folder.join("conformance.json"))?;
    Ok(format!(
        "{}\n\n{}\n{}\n{}\n{}",
        costs.setting(),
        requests(&costs),
        scrapes(&costs),
        spans(&costs),
        conformance::summary(&answers),
    ))
}

/// `text` with `comparison` in its place.
pub(super) fn with_comparison(text: &str, comparison: &str) -> Result<String> {
    let (before, rest) = text.split_once(BEGIN).context("README.md has no place for the comparison")?;
    let (_, after) = rest.split_once(END).context("README.md has no end of the comparison")?;
    Ok(format!("{before}{BEGIN}\n{comparison}\n{END}{after}"))
}

/// A column's head, and where its figure is.
type Column<'a> = (&'a str, &'a str, &'a str);

fn requests(costs: &Comparison) -> String {
    let columns = [
        ("times the floor's time", "requests-get", "times_floor"),
        ("instructions", "requests-get", "instructions"),
        ("allocations", "requests-get", "allocations"),
        ("two threads over one", "scaling", "scaling"),
    ];
    table(costs, "a request's metrics", "requests-get", &columns)
}

fn scrapes(costs: &Comparison) -> String {
    let columns = [
        ("counters: times ours", "scrape-counters-10000", "times_ours"),
        ("allocations", "scrape-counters-10000", "allocations"),
        ("histograms: times ours", "scrape-histograms-10000", "times_ours"),
        ("allocations", "scrape-histograms-10000", "allocations"),
    ];
    table(costs, "a scrape of 10,000 series", "scrape-counters-10000", &columns)
}

fn spans(costs: &Comparison) -> String {
    let columns = [
        ("sampled: instructions", "spans-sampled", "instructions"),
        ("allocations", "spans-sampled", "allocations"),
        ("not sampled: instructions", "spans-unsampled", "instructions"),
        ("allocations", "spans-unsampled", "allocations"),
    ];
    table(costs, "a request's span", "spans-sampled", &columns)
}

fn table(costs: &Comparison, what: &str, rows: &str, columns: &[Column<'_>]) -> String {
    let heads: String = columns.iter().map(|(head, ..)| format!(" {head} |")).collect();
    let mut text = format!("| {what} |{heads}\n|---|{}\n", "--:|".repeat(columns.len()));
    for system in costs.systems(rows).into_iter().filter(|system| !system.ends_with(", absolute")) {
        let cell = |(_, table, figure): &Column<'_>| {
            let value = costs.get(table, system, figure).map_or_else(|| "–".to_owned(), shown);
            format!(" {value} |")
        };
        text.push_str(&format!("| {system} |{}\n", columns.iter().map(cell).collect::<String>()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::picture;
    use super::*;

    #[test]
    fn the_readme_says_what_was_measured() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
        let expected = with_comparison(&readme, &comparison(&root.join("benches")).unwrap()).unwrap();
        assert_eq!(readme, expected, "cargo xtask bench --update");
        let costs: Comparison = read(&root.join("benches/peers.json")).unwrap();
        let text = |name: &str| std::fs::read_to_string(root.join("benches").join(name)).unwrap();
        assert_eq!(text("peers.md"), costs.page(), "cargo xtask bench --update");
        assert_eq!(text("peers.svg"), picture(&costs), "cargo xtask bench --update");
    }

    #[test]
    fn a_comparison_takes_the_place_of_the_last_one() {
        let text = format!("before\n{BEGIN}\nold\n\n{END}after\n");
        let once = with_comparison(&text, "new\n").unwrap();
        assert_eq!(once, format!("before\n{BEGIN}\nnew\n\n{END}after\n"));
        assert_eq!(with_comparison(&once, "new\n").unwrap(), once);
        assert!(with_comparison("nothing", "new").is_err());
    }
}
