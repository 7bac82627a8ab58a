use http::{HeaderMap, HeaderValue};

use super::TRACEPARENT;

/// What there is of our headers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found<'a> {
    /// The one `traceparent`: several are as good as none.
    pub(super) traceparent: Option<&'a HeaderValue>,
    /// Whether there may be any of the others.
    pub(super) tracestate: bool,
    pub(super) baggage: bool,
}

/// So many lines are gone through in the time that it takes to look three names up.
const FEW: usize = 12;

impl<'a> Found<'a> {
    pub(super) fn in_map(headers: &'a HeaderMap) -> Self {
        if headers.len() > FEW {
            let mut lines = headers.get_all(&TRACEPARENT).iter();
            let traceparent = lines.next().filter(|_| lines.next().is_none());
            return Self { traceparent, tracestate: true, baggage: true };
        }
        let mut found = Self::default();
        let mut count = 0;
        for (name, value) in headers {
            match name.as_str() {
                "traceparent" => {
                    found.traceparent = Some(value);
                    count += 1;
                }
                "tracestate" => found.tracestate = true,
                "baggage" => found.baggage = true,
                _ => {}
            }
        }
        found.traceparent = found.traceparent.filter(|_| count == 1);
        found
    }
}
