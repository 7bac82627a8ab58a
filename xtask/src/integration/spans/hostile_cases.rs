//! What is sent, and whose child the span is.

use anyhow::{Result, ensure};

use super::chain::Chain;

#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    /// Lines of the head, in which `TRACE` and `SPAN` stand for ids of the case's own.
    lines: Vec<Vec<u8>>,
    pub(super) parent: Parent,
    /// Members of the baggage that go on.
    pub(super) seen: Members,
    pub(super) unseen: Members,
}

type Members = &'static [(&'static str, &'static str)];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parent {
    /// A new trace.
    None,
    /// What was sent, with flags and state as they go on.
    Sent { flags: u32, state: String },
    /// What was sent, which nobody wants to see.
    Unsampled,
}

fn sent(flags: u32, state: &str) -> Parent {
    Parent::Sent { flags, state: state.to_owned() }
}

const VALID: &str = "traceparent: 00-TRACE-SPAN-01";
const BAGGAGE_MEMBERS: usize = 65;
/// About as much as hyper takes in one head.
const BAGGAGE_BYTES: usize = 390_000;

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = parents();
    cases.extend(states());
    cases.extend(baggage());
    cases
}

/// CP-05, CP-07 and CP-09.
fn parents() -> Vec<Case> {
    [
        ("no header at all", "accept: */*", Parent::None),
        ("a valid header", VALID, sent(1, "")),
        ("a header whose name is in upper case", "TRACEPARENT: 00-TRACE-SPAN-01", sent(1, "")),
        ("blanks around the value", "traceparent: \t 00-TRACE-SPAN-01 \t", sent(1, "")),
        ("not sampled", "traceparent: 00-TRACE-SPAN-00", Parent::Unsampled),
        ("a random id", "traceparent: 00-TRACE-SPAN-03", sent(3, "")),
        ("flags that nobody knows", "traceparent: 00-TRACE-SPAN-ff", sent(3, "")),
        ("a later version", "traceparent: 01-TRACE-SPAN-01", sent(1, "")),
        ("a later version with more", "traceparent: cc-TRACE-SPAN-01-what.is.this", sent(1, "")),
        ("a later version with more that is not separated", "traceparent: cc-TRACE-SPAN-01x", Parent::None),
        ("the version ff", "traceparent: ff-TRACE-SPAN-01", Parent::None),
        ("version 00 with more", "traceparent: 00-TRACE-SPAN-01-more", Parent::None),
        ("version 00 with a dash more", "traceparent: 00-TRACE-SPAN-01-", Parent::None),
        ("ids in upper case", "traceparent: 00-UPPER-SPAN-01", Parent::None),
        ("a trace that is too short", "traceparent: 00-0bc0000000000000000000000000001-SPAN-01", Parent::None),
        ("a trace that is too long", "traceparent: 00-TRACE0-SPAN-01", Parent::None),
        ("a span that is too short", "traceparent: 00-TRACE-0bc000000000001-01", Parent::None),
        ("a span that is too long", "traceparent: 00-TRACE-SPAN0-01", Parent::None),
        ("flags that are too short", "traceparent: 00-TRACE-SPAN-1", Parent::None),
        ("a trace of zeros", "traceparent: 00-00000000000000000000000000000000-SPAN-01", Parent::None),
        ("a span of zeros", "traceparent: 00-TRACE-0000000000000000-01", Parent::None),
        ("letters that are no digits", "traceparent: 00-TRACE-00f067aa0ba902bg-01", Parent::None),
        ("underscores", "traceparent: 00_TRACE_SPAN_01", Parent::None),
        ("an empty value", "traceparent:", Parent::None),
        ("two values", "traceparent: 00-TRACE-SPAN-01\ntraceparent: 00-TRACE-SPAN-01", Parent::None),
        ("letters beyond ASCII", "traceparent: 00-TRACE-SPAN-01\u{e9}", Parent::None),
    ]
    .into_iter()
    .map(|(name, lines, parent)| Case::new(name, lines, parent))
    .collect()
}

/// CP-06 and CP-08.
fn states() -> Vec<Case> {
    let members = |count: usize| (0..count).map(|index| format!("k{index}=v")).collect::<Vec<_>>().join(",");
    let with = |name, state: &str, kept: &str| Case::new(name, &format!("{VALID}\n{state}"), sent(1, kept));
    vec![
        with("a state", "tracestate: a=b,c@d=e", "a=b,c@d=e"),
        with("a state in two lines", "tracestate: a=b\ntracestate: c=d", "a=b,c=d"),
        with("a state of 32 members", &format!("tracestate: {}", members(32)), &members(32)),
        with("a state of 33 members", &format!("tracestate: {}", members(33)), ""),
        with("a state with a key in upper case", "tracestate: A=b", ""),
        with("a state without a value", "tracestate: a", ""),
        with("a state with a key that comes twice", "tracestate: a=b,a=c", ""),
        with("a state with letters beyond ASCII", "tracestate: a=\u{e9}", ""),
        Case::new("a state alone", "tracestate: a=b", Parent::None),
        Case::new("a state beside an odd parent", "traceparent: 00-TRACE-SPAN-1\ntracestate: a=b", Parent::None),
    ]
}

/// CP-10: whatever the baggage is like, the trace goes on.
fn baggage() -> Vec<Case> {
    let members: Vec<String> = (0..BAGGAGE_MEMBERS).map(|index| format!("k{index}=v")).collect();
    let with = |name, baggage: &str, seen, unseen| Case {
        seen,
        unseen,
        ..Case::new(name, &format!("{VALID}\n{baggage}"), sent(1, ""))
    };
    let mut latin = with("baggage with bytes that are no UTF-8", "baggage: b=2,a=", &[("b", "2")], &[]);
    if let Some(line) = latin.lines.last_mut() {
        line.extend([0xff, 0xfe, 0xe9]);
    }
    let escapes = "baggage: a=%ff%fe,b=%,c=%4,d=%c3%a9";
    let many = format!("baggage: {}", members.join(","));
    let long = format!("baggage: b=2,a={}", "x".repeat(BAGGAGE_BYTES));
    vec![
        latin,
        with("odd escapes in baggage", escapes, &[("b", "%"), ("c", "%4"), ("d", "é")], &[]),
        with("baggage in two lines", "baggage: a=1\nBaggage: b=2", &[("a", "1"), ("b", "2")], &[]),
        with("baggage without sense", "baggage: ;;,,=,a,=b, ,\"\\,c=3", &[("c", "3")], &[("a", ""), ("", "b")]),
        with("baggage of too many members", &many, &[("k0", "v"), ("k63", "v")], &[("k64", "v")]),
        with("baggage that is too long", &long, &[("b", "2")], &[]),
    ]
}

impl Case {
    fn new(name: &'static str, lines: &str, parent: Parent) -> Self {
        let lines = lines.lines().map(|line| line.as_bytes().to_vec()).collect();
        Self { name, lines, parent, seen: &[], unseen: &[] }
    }

    pub(super) fn plain() -> Self {
        Self::new("a plain request", VALID, sent(1, ""))
    }

    pub(super) fn headers(&self, index: usize) -> Vec<u8> {
        let mut head = Vec::new();
        for line in &self.lines {
            // Ids are only in lines of ASCII.
            match std::str::from_utf8(line) {
                Ok(text) => {
                    let text = text.replace("TRACE-", &format!("{}-", trace(index)));
                    let text = text.replace("TRACE0", &format!("{}0", trace(index)));
                    let text = text.replace("TRACE_", &format!("{}_", trace(index)));
                    let text = text.replace("UPPER", &trace(index).to_uppercase()).replace("SPAN", &span(index));
                    head.extend(text.as_bytes());
                }
                Err(_) => head.extend(line),
            }
            head.extend(b"\r\n");
        }
        head
    }

    /// The chain is the child of what was sent, or a new trace.
    pub(super) fn judge(&self, chain: &Chain<'_>, index: usize) -> Result<()> {
        let front = chain.front;
        for (name, span) in chain.spans() {
            ensure!(span.trace == front.trace, "the span of {name} is in another trace");
            let (flags, state) = match &self.parent {
                Parent::Sent { flags, state } => (*flags, state.as_str()),
                // The SDK does not tell of its own ids that they are random.
                Parent::None | Parent::Unsampled => (1, ""),
            };
            let own = span.own_flags();
            ensure!(own.is_none_or(|own| own == flags), "{name} has the flags {own:?}, expected {flags}");
            let kept = span.state.as_deref();
            ensure!(kept.is_none_or(|kept| kept == state), "{name} has the state {kept:?}, expected {state:?}");
        }
        let (is_of_trace, is_child) = (front.trace == trace(index), front.parent == span(index));
        match self.parent {
            Parent::None => ensure!(!is_of_trace && front.parent.is_empty(), "should be the root of a new trace"),
            Parent::Sent { .. } | Parent::Unsampled => ensure!(is_of_trace && is_child, "should be a child"),
        }
        Ok(())
    }
}

/// Ids with letters in them, which have an upper case.
fn trace(index: usize) -> String {
    format!("abcdef{index:026x}")
}

fn span(index: usize) -> String {
    format!("fedcba{index:010x}")
}

#[cfg(test)]
mod tests {
    use super::super::span::{Kind, Span};
    use super::*;

    fn front() -> Span {
        Span {
            trace: trace(7),
            id: "f".to_owned(),
            parent: span(7),
            kind: Kind::Server,
            flags: Some(0x301),
            state: Some(String::new()),
            ..Span::default()
        }
    }

    fn judge(parent: Parent, front: &Span) -> Result<()> {
        let client = Span { flags: front.flags, trace: front.trace.clone(), ..front.clone() };
        let chain = Chain { front, client: &client, back: &client };
        Case::new("", VALID, parent).judge(&chain, 7)
    }

    #[test]
    fn a_child_is_that_of_what_was_sent() {
        assert!(judge(sent(1, ""), &front()).is_ok());
        assert!(judge(Parent::None, &front()).is_err());
        assert!(judge(sent(3, ""), &front()).is_err());
        assert!(judge(sent(1, "a=b"), &front()).is_err());
        assert!(judge(sent(1, ""), &Span { trace: trace(8), ..front() }).is_err());
        assert!(judge(sent(1, ""), &Span { parent: span(8), ..front() }).is_err());
    }

    #[test]
    fn a_root_is_in_a_new_trace() {
        let root = Span { trace: trace(8), parent: String::new(), ..front() };
        assert!(judge(Parent::None, &root).is_ok());
        assert!(judge(sent(1, ""), &root).is_err());
        assert!(judge(Parent::None, &Span { trace: trace(7), ..root }).is_err());
    }

    #[test]
    fn ids_stand_in_the_lines() {
        let case = Case::plain();
        let expected = "traceparent: 00-abcdef0000000000000000000000000a-fedcba000000000a-01\r\n";
        assert_eq!(String::from_utf8(case.headers(10)).unwrap(), expected);
        for case in cases() {
            let head = String::from_utf8_lossy(&case.headers(1)).into_owned();
            assert!(!["TRACE-", "TRACE0", "TRACE_", "UPPER", "SPAN"].iter().any(|word| head.contains(word)), "{head}");
        }
    }
}
