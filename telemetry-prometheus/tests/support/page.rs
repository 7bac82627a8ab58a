//! Text pages, read by the letter of the formats' grammars.

use super::judge::Dialect;

#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) name: String,
    /// Keyword and text of each comment, in their order.
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) samples: Vec<Sample>,
}

#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) value: String,
    pub(crate) timestamp: Option<String>,
    pub(crate) exemplar: Option<Exemplar>,
    pub(crate) line: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Exemplar {
    pub(crate) labels: Labels,
    pub(crate) value: String,
    pub(crate) timestamp: String,
}

pub(crate) type Labels = Vec<(String, String)>;

impl Family {
    pub(crate) fn metadata(&self, keyword: &str) -> Option<&str> {
        self.metadata.iter().find(|(known, _)| known == keyword).map(|(_, text)| text.as_str())
    }

    pub(crate) fn kind(&self) -> &str {
        self.metadata("TYPE").unwrap()
    }

    pub(crate) fn help(&self) -> Option<String> {
        self.metadata("HELP").map(unescaped)
    }
}

impl Sample {
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The labels without the one that tells apart the lines of one series.
    pub(crate) fn series(&self, kind: &str) -> Labels {
        let own = match kind {
            "histogram" => "le",
            "summary" => "quantile",
            _ => "",
        };
        self.labels.iter().filter(|(name, _)| name != own).cloned().collect()
    }
}

pub(crate) fn number(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        _ => {
            assert!(text.starts_with(|c: char| c == '-' || c.is_ascii_digit()), "{text}");
            text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
        }
    }
}

/// The families of a page. A line that no family has announced begins none: it is an error.
pub(crate) fn families(text: &str, dialect: Dialect) -> Vec<Family> {
    let text = match dialect {
        Dialect::OpenMetrics => text.strip_suffix("# EOF\n").unwrap_or_else(|| panic!("no EOF at the end:\n{text}")),
        Dialect::Prometheus => text,
    };
    assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
    let mut families: Vec<Family> = Vec::new();
    for line in text.split_terminator('\n') {
        if let Some(comment) = line.strip_prefix("# ") {
            let (keyword, rest) = comment.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            let mut cursor = Cursor(rest);
            let name = cursor.name(|c| c == ':');
            cursor.expect(" ");
            if families.last().is_none_or(|family| family.name != name || !family.samples.is_empty()) {
                families.push(Family { name, ..Family::default() });
            }
            families.last_mut().unwrap().metadata.push((keyword.to_owned(), cursor.0.to_owned()));
        } else {
            let family = families.last_mut().unwrap_or_else(|| panic!("no family for {line}"));
            family.samples.push(sample(line));
        }
    }
    families
}

fn sample(line: &str) -> Sample {
    let mut cursor = Cursor(line);
    let (name, labels) = if line.starts_with("{\"") {
        cursor.expect("{");
        let name = cursor.name(|c| c == ':');
        let labels = if cursor.skip(",") { cursor.labels() } else { Vec::new() };
        (name, labels)
    } else {
        let name = cursor.name(|c| c == ':');
        (name, if cursor.skip("{") { cursor.labels() } else { Vec::new() })
    };
    if line.contains('{') && line.find('{') < line.find(' ') {
        cursor.expect("}");
    }
    cursor.expect(" ");
    let value = cursor.word();
    let is_at_exemplar = |cursor: &Cursor<'_>| cursor.0.starts_with(" # ");
    let timestamp = if !is_at_exemplar(&cursor) && cursor.skip(" ") { Some(cursor.word()) } else { None };
    let exemplar = cursor.skip(" # ").then(|| {
        cursor.expect("{");
        let labels = if cursor.0.starts_with('}') { Vec::new() } else { cursor.labels() };
        cursor.expect("} ");
        let value = cursor.word();
        cursor.expect(" ");
        Exemplar { labels, value, timestamp: cursor.word() }
    });
    assert!(cursor.0.is_empty(), "{:?} is left of {line:?}", cursor.0);
    Sample { name, labels, value, timestamp, exemplar, line: line.to_owned() }
}

struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn skip(&mut self, text: &str) -> bool {
        self.0.strip_prefix(text).map(|rest| self.0 = rest).is_some()
    }

    fn expect(&mut self, text: &str) {
        assert!(self.skip(text), "{text:?} should stand before {:?}", self.0);
    }

    fn until(&mut self, end: usize) -> &'a str {
        let (text, rest) = self.0.split_at(end);
        self.0 = rest;
        text
    }

    fn word(&mut self) -> String {
        let end = self.0.find(' ').unwrap_or(self.0.len());
        assert!(end > 0, "a word is missing before {:?}", self.0);
        self.until(end).to_owned()
    }

    /// A name: bare if it can be, in quotes if it cannot.
    fn name(&mut self, allows: fn(char) -> bool) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || allows(c);
        if self.0.starts_with('"') {
            let name = self.quoted();
            let is_legal = !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_part);
            assert!(!is_legal, "{name:?} needs no quotes");
            return name;
        }
        let name = self.until(self.0.find(|c| !is_part(c)).unwrap_or(self.0.len()));
        assert!(!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()), "{name:?} before {:?}", self.0);
        name.to_owned()
    }

    /// One label or more.
    fn labels(&mut self) -> Labels {
        let mut labels = Vec::new();
        loop {
            let name = self.name(|_| false);
            self.expect("=");
            labels.push((name, self.quoted()));
            if !self.skip(",") {
                return labels;
            }
        }
    }

    fn quoted(&mut self) -> String {
        self.expect("\"");
        let mut is_escaped = false;
        let end = self.0.find(|c| {
            let is_end = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_end
        });
        let text = self.until(end.unwrap_or_else(|| panic!("no end of {:?}", self.0)));
        self.expect("\"");
        unescaped(text)
    }
}

/// The text, with the only three escapes that there are.
pub(crate) fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => '\n',
            ('\\', Some(c @ ('\\' | '"'))) => c,
            ('\\', other) => panic!("escape {other:?} in {text:?}"),
            (c, _) => c,
        });
    }
    out
}
