//! The playground's own log: lines of JSON on its stderr.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// What the exporter says when exports begin to fail, and when they work again.
pub(super) const FAILS: &str = "cannot be exported";
pub(super) const WORKS: &str = "are exported again";

/// How many lines have a message with these words.
pub(super) fn lines(log: &Path, words: &str) -> Result<usize> {
    let text = std::fs::read_to_string(log).with_context(|| format!("cannot read {}", log.display()))?;
    count(&text, words).with_context(|| format!("see {}", log.display()))
}

/// The last line may not have come to its end.
fn count(text: &str, words: &str) -> Result<usize> {
    let mut found = 0;
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let json: Value = serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))?;
        let message = json.pointer("/fields/message").and_then(Value::as_str);
        found += usize::from(message.is_some_and(|message| message.contains(words)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_and_nothing_else() {
        let line = |message: &str, text: &str| format!(r#"{{"fields":{{"message":"{message}","text":"{text}"}}}}"#);
        let fails = line("traces cannot be exported; so", "");
        let text = format!("{fails}\n{}\n{fails}\n{fails}", line("asked to log", FAILS));
        assert_eq!(count(&text, FAILS).unwrap(), 2);
        assert_eq!(count(&text, WORKS).unwrap(), 0);
        assert!(count("no JSON\n", FAILS).is_err());
    }
}
