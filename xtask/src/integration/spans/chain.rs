//! The three spans of a request: that of `front`, that of its question to `back`, and that of `back`.

use anyhow::{Result, bail};

use super::span::{Kind, Span};

#[derive(Debug)]
pub(super) struct Chain<'a> {
    pub(super) front: &'a Span,
    pub(super) client: &'a Span,
    pub(super) back: &'a Span,
}

impl<'a> Chain<'a> {
    /// The chain whose first span is a child of `parent`.
    pub(super) fn below(spans: &'a [Span], parent: &Span) -> Result<Self> {
        let front = one(spans, |span| span.kind == Kind::Server && span.parent == parent.id)?;
        Self::from(spans, front)
    }

    /// The chain of the request for `path`, which nobody else asked for.
    pub(super) fn of_path(spans: &'a [Span], path: &str) -> Result<Self> {
        let front = one(spans, |span| span.kind == Kind::Server && span.text("url.path") == Some(path))?;
        Self::from(spans, front)
    }

    fn from(spans: &'a [Span], front: &'a Span) -> Result<Self> {
        let client = one(spans, |span| span.kind == Kind::Client && span.parent == front.id)?;
        let back = one(spans, |span| span.kind == Kind::Server && span.parent == client.id)?;
        Ok(Self { front, client, back })
    }

    pub(super) fn spans(&self) -> [(&'static str, &'a Span); 3] {
        [("front", self.front), ("client", self.client), ("back", self.back)]
    }
}

/// The only span that is `wanted`.
pub(super) fn one(spans: &[Span], wanted: impl Fn(&Span) -> bool) -> Result<&Span> {
    let found: Vec<&Span> = spans.iter().filter(|span| wanted(span)).collect();
    let [span] = found[..] else {
        let list: Vec<String> = spans.iter().map(ToString::to_string).collect();
        bail!("one span is looked for, and {} are found among:\n{}", found.len(), list.join("\n"));
    };
    Ok(span)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::span::Value;
    use super::*;

    fn span(id: &str, parent: &str, kind: Kind) -> Span {
        let path = BTreeMap::from([("url.path".to_owned(), Value::Text(format!("/{id}")))]);
        Span { id: id.to_owned(), parent: parent.to_owned(), kind, attributes: path, ..Span::default() }
    }

    fn spans() -> Vec<Span> {
        vec![
            span("back", "client", Kind::Server),
            span("other", "", Kind::Server),
            span("client", "front", Kind::Client),
            span("front", "asked", Kind::Server),
            span("asked", "", Kind::Client),
        ]
    }

    #[test]
    fn a_chain_is_found_by_its_parents() {
        let spans = spans();
        let chain = Chain::below(&spans, &spans[4]).unwrap();
        assert_eq!(chain.spans().map(|(name, span)| name == span.id), [true; 3]);
        assert_eq!(Chain::of_path(&spans, "/front").unwrap().back.id, "back");
    }

    #[test]
    fn a_chain_has_three_spans() {
        for missing in [0, 2, 3] {
            let mut spans = spans();
            spans.remove(missing);
            assert!(Chain::of_path(&spans, "/front").is_err(), "{missing}");
        }
        let mut twice = spans();
        twice.push(span("more", "client", Kind::Server));
        assert!(Chain::of_path(&twice, "/front").is_err());
        assert!(Chain::of_path(&spans(), "/nobody").is_err());
    }
}
