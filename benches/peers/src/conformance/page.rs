//! Reads Prometheus' text and OpenMetrics, strictly: whatever is no sample, metadata or comment is an error.

use std::collections::HashSet;

use anyhow::{Context, Result, bail, ensure};

/// What a page says.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The samples, in the page's order.
    pub samples: Vec<Sample>,
    /// Name and type of each family.
    pub types: Vec<(String, String)>,
}

/// A line with a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The name, with its suffix.
    pub name: String,
    /// The labels, in the page's order.
    pub labels: Vec<(String, String)>,
    /// The value.
    pub value: f64,
}

impl Sample {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Page {
    /// What `text` says.
    ///
    /// # Errors
    ///
    /// When a line cannot be read, and when a series is there twice.
    pub fn read(text: &str) -> Result<Self> {
        let mut page = Self::default();
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            if let Some(metadata) = line.strip_prefix("# TYPE ") {
                let (name, kind) = metadata.split_once(' ').with_context(|| format!("no type in {line:?}"))?;
                page.types.push((name.to_owned(), kind.to_owned()));
            } else if !line.starts_with('#') {
                page.samples.push(sample(line).with_context(|| format!("in the line {line:?}"))?);
            }
        }
        let mut seen = HashSet::new();
        for Sample { name, labels, .. } in &page.samples {
            let mut labels = labels.clone();
            labels.sort();
            ensure!(seen.insert((name, labels)), "a series of {name} is there twice");
        }
        Ok(page)
    }

    /// The samples of this name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.samples.iter().filter(move |sample| sample.name == name)
    }
}

fn sample(line: &str) -> Result<Sample> {
    let end = line.find(['{', ' ']).context("no value")?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = Vec::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"").context("a label without a value")?;
            let (value, after) = quoted(after)?;
            labels.push((label.to_owned(), value));
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &rest[1..];
    }
    let value = rest.split_ascii_whitespace().next().context("no value")?;
    Ok(Sample { name: name.to_owned(), labels, value: value.parse()? })
}

/// The text up to the closing quote, and what comes after that.
fn quoted(text: &str) -> Result<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[position + 1..])),
            '\\' => value.push(match characters.next().map(|(_, escaped)| escaped) {
                Some('n') => '\n',
                Some(escaped @ ('\\' | '"')) => escaped,
                other => bail!("no escape ends in {other:?}"),
            }),
            _ => value.push(character),
        }
    }
    bail!("a value without an end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read() {
        let page =
            Page::read("# HELP a Text.\n# TYPE a counter\na{b=\"x,\\\"}\\n\\\\\",c=\"\",} 1.5 12\nd +Inf\n# EOF\n")
                .unwrap();
        let labels = vec![("b".to_owned(), "x,\"}\n\\".to_owned()), ("c".to_owned(), String::new())];
        assert_eq!(page.samples[0], Sample { name: "a".into(), labels, value: 1.5 });
        assert_eq!((page.samples[1].value, page.samples[0].label("c")), (f64::INFINITY, Some("")));
        assert_eq!(page.types, [("a".to_owned(), "counter".to_owned())]);
    }

    #[test]
    fn what_is_no_page_is_found() {
        for broken in [
            "a",
            "a{b=\"c} 1",
            "a{b=\"\\x\"} 1",
            "a{b} 1",
            "a one",
            "a 1\na 2",
            "a{b=\"1\",c=\"2\"} 1\na{c=\"2\",b=\"1\"} 1",
        ] {
            Page::read(broken).expect_err(broken);
        }
    }
}
