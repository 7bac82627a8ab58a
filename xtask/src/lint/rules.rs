//! The rules of the Prometheus formats and their tests: each knows of the other.
//!
//! `RULES.md` names the rules by their ids, and tests have the ids in their names or comments.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

const RULES: &str = "telemetry-prometheus/RULES.md";

/// Where tests of these rules are. The integration tests are tests from the first line to the last.
const TESTS: [(&str, Whole); 5] = [
    ("telemetry-core/src", Whole::No),
    ("telemetry-core/tests", Whole::Yes),
    ("telemetry-prometheus/src", Whole::No),
    ("telemetry-prometheus/tests", Whole::Yes),
    ("xtask/src/integration", Whole::Yes),
];

/// How the last column begins in a row that needs no test.
const UNTESTED: [&str; 2] = ["not testable", "not met"];

const KINDS: [&str; 4] = ["OM", "PB", "PX", "T"];

/// Whether a file holds nothing but tests.
#[derive(Clone, Copy)]
enum Whole {
    Yes,
    No,
}

/// An id, and a file that has it.
type Mentions = BTreeMap<String, String>;

pub(crate) fn violations(root: &Path) -> Result<Vec<String>> {
    let rules = fs::read_to_string(root.join(RULES)).with_context(|| format!("cannot read {RULES}"))?;
    let mut mentions = Mentions::new();
    for (folder, whole) in TESTS {
        walk(&root.join(folder), whole, &mut |file, whole| {
            let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let file = file.strip_prefix(root).unwrap_or(file).display().to_string();
            for id in ids(test_code(&text, whole)) {
                mentions.entry(id).or_insert_with(|| file.clone());
            }
            Ok(())
        })?;
    }
    Ok(compare(&rules, &mentions))
}

fn compare(rules: &str, mentions: &Mentions) -> Vec<String> {
    let mut found = Vec::new();
    let mut rows = BTreeMap::new();
    for [id, _, tests] in rules.lines().filter_map(row) {
        if !is_id(id) {
            found.push(format!("{RULES}: `{id}` is no id of a rule"));
        } else if rows.insert(id, tests).is_some() {
            found.push(format!("{RULES}: {id} is there twice"));
        }
    }
    for (id, tests) in &rows {
        let needs_test = !UNTESTED.iter().any(|begin| tests.starts_with(begin));
        if needs_test && !mentions.contains_key(*id) {
            found.push(format!("{RULES}: {id} is in no name and no comment of a test"));
        }
    }
    let unknown = mentions.iter().filter(|(id, _)| !rows.contains_key(id.as_str()));
    found.extend(unknown.map(|(id, file)| format!("{file}: {id} has no row in {RULES}")));
    found
}

/// The cells of a line of a table, unless it is its head.
fn row(line: &str) -> Option<[&str; 3]> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let cells: Vec<_> = inner.split('|').map(str::trim).collect();
    // With more or fewer cells the whole line is shown as the odd id.
    let cells = <[&str; 3]>::try_from(cells).unwrap_or([inner, "", ""]);
    let is_head = cells[0] == "rule" || cells[0].starts_with("---");
    (!is_head).then_some(cells)
}

fn walk(folder: &Path, whole: Whole, visit: &mut impl FnMut(&Path, Whole) -> Result<()>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let is_tests = path.file_stem().is_some_and(|stem| stem == "tests");
        let whole = if is_tests { Whole::Yes } else { whole };
        if path.is_dir() {
            walk(&path, whole, visit)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, whole)?;
        }
    }
    Ok(())
}

/// What is behind the module of tests, which is the last in a file, or everything.
fn test_code(text: &str, whole: Whole) -> &str {
    match whole {
        Whole::Yes => text,
        Whole::No => text.split_once("#[cfg(test)]\nmod tests {").map_or("", |(_, tests)| tests),
    }
}

/// The ids in the names of functions and in comments.
fn ids(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in code.lines() {
        let (line, comment) = line.split_once("//").unwrap_or((line, ""));
        let words = comment.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        found.extend(words.filter(|word| is_id(word)).map(str::to_owned));
        for (at, _) in line.match_indices("fn ") {
            let name = line[at + 3..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
            found.extend(name.into_iter().flat_map(|name| name.split('_')).filter_map(id_of));
        }
    }
    found
}

/// The id that a part of a name is: `px07` is PX-07.
fn id_of(part: &str) -> Option<String> {
    let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
    let id = format!("{}-{}", letters.to_ascii_uppercase(), &part[letters.len()..]);
    (letters == letters.to_ascii_lowercase() && is_id(&id)).then_some(id)
}

fn is_id(word: &str) -> bool {
    let Some((kind, number)) = word.split_once('-') else { return false };
    KINDS.contains(&kind) && number.len() >= 2 && number.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# Rules\n\n| rule | what holds | tested in |\n|---|---|---|\n";

    fn compared(rows: &str, code: &str) -> Vec<String> {
        let mentions = ids(code).into_iter().map(|id| (id, "a.rs".to_owned())).collect();
        compare(&format!("{TABLE}{rows}"), &mentions)
    }

    #[test]
    fn rules_and_tests_that_know_of_each_other_are_right() {
        let rows = "| PX-01 | one | `a` |\n| T-02 | two | not testable: never |\n\n## More\n| OM-100 | three | `b` |\n";
        assert_eq!(compared(rows, "fn px01_om100_x() {}\n"), [""; 0]);
    }

    #[test]
    fn whatever_is_on_one_side_alone_is_found() {
        for (rows, code, expected) in [
            ("| PX-01 | one | `a` |", "fn px02_x() {} // PX-01, PX-02", "a.rs: PX-02 has no row in "),
            ("| PX-01 | one | `a` |", "fn x() {}", ": PX-01 is in no name and no comment of a test"),
            ("| PX-01 | one | `a` |\n| PX-01 | two | `b` |", "fn px01() {}", ": PX-01 is there twice"),
            ("| PX-1 | one | `a` |", "", ": `PX-1` is no id of a rule"),
            ("| PX-01 | one | two | `a` |", "", "is no id of a rule"),
        ] {
            let found = compared(rows, code);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(expected), "{found:?}");
        }
    }

    #[test]
    fn ids_are_in_names_of_functions_and_in_comments() {
        for (code, expected) in [
            ("    async fn om04_px100_a_page() {", &["OM-04", "PX-100"][..]),
            ("fn a_b_t17<T>(px01: u8) {", &["T-17"]),
            ("/// PX-06, T-08: `PB-03` to OM-07.", &["PX-06", "T-08", "PB-03", "OM-07"]),
            ("let px05 = \"PX-05\"; // why", &[]),
            ("fn co01_px1_PX03_t_pb() {}", &[]),
            ("// CO-01, PX-1, UTF-08, PX-01-02", &[]),
        ] {
            assert_eq!(ids(code), expected, "{code}");
        }
    }

    #[test]
    fn only_tests_count() {
        let text = "//! PX-01.\n#[cfg(test)]\nfn px02_helper() {}\n#[cfg(test)]\nmod tests {\n    // PX-03.\n}\n";
        assert_eq!(ids(test_code(text, Whole::No)), ["PX-03"]);
        assert_eq!(ids(test_code(text, Whole::Yes)), ["PX-01", "PX-02", "PX-03"]);
        assert_eq!(test_code("fn px01() {}", Whole::No), "");
    }
}
