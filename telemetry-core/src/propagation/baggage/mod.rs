mod member;

use http::{HeaderMap, HeaderValue};
use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};

use super::carrier::replace;
use super::found::Found;
use super::{BAGGAGE, FIELDS};

/// Of a header, in bytes: what W3C Baggage wants passed on at least.
const MAX_BYTES: usize = 8192;

/// The header `baggage` of [W3C Baggage](https://www.w3.org/TR/baggage/).
///
/// The [module](super#propagation) says what is accepted and what is sent. Through [`TextMapPropagator`] it works on
/// any carrier: without baggage the header is set to an empty text there.
///
/// ```
/// use http::HeaderMap;
/// use telemetry_core::propagation::BaggagePropagator;
///
/// let mut headers = HeaderMap::new();
/// headers.append("baggage", "userId=alice".parse()?);
/// headers.append("baggage", "serverNode=DF%2028;internal".parse()?);
/// let baggage = BaggagePropagator::extract_baggage(&headers).unwrap_or_default();
/// assert_eq!(baggage.get("serverNode").map(|value| value.as_str()), Some("DF 28"));
///
/// BaggagePropagator::inject_baggage(&baggage, &mut headers);
/// assert_eq!(headers["baggage"], "serverNode=DF%2028;internal,userId=alice");
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct BaggagePropagator;

impl BaggagePropagator {
    /// A propagator for [`TextMapCompositePropagator`](opentelemetry::propagation::TextMapCompositePropagator) and
    /// others that want the trait.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// What the headers carry, unless that is nothing.
    ///
    /// Reads at most 8192 bytes, however many there are.
    #[must_use]
    pub fn extract_baggage(headers: &HeaderMap) -> Option<Baggage> {
        Self::extract_found(headers, Found::in_map(headers))
    }

    pub(super) fn extract_found(headers: &HeaderMap, found: Found<'_>) -> Option<Baggage> {
        if !found.baggage {
            return None;
        }
        parse(headers.get_all(&BAGGAGE).iter().map(HeaderValue::as_bytes))
    }

    /// Puts `baggage` in the place of what the headers carry, also when it is empty.
    pub fn inject_baggage(baggage: &Baggage, headers: &mut HeaderMap) {
        let stale = Found::in_map(headers).baggage;
        Self::inject_over(baggage, headers, stale);
    }

    pub(super) fn inject_over(baggage: &Baggage, headers: &mut HeaderMap, stale: bool) {
        let value = write(baggage).and_then(|value| HeaderValue::try_from(value).ok());
        replace(headers, &BAGGAGE, stale, value);
    }
}

impl TextMapPropagator for BaggagePropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        injector.set(BAGGAGE.as_str(), write(cx.baggage()).unwrap_or_default());
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let lines = extractor.get_all(BAGGAGE.as_str()).unwrap_or_default();
        parse(lines.into_iter().map(str::as_bytes)).map_or_else(|| cx.clone(), |baggage| cx.with_baggage(baggage))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&FIELDS[2..])
    }
}

/// The members that lie within the limits: a [`Baggage`] takes no more than 64 names.
fn parse<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<Baggage> {
    let mut baggage = None;
    let mut room = MAX_BYTES;
    for line in lines {
        let whole = whole_members(line, room);
        for member in whole.split(|byte| *byte == b',').filter_map(member::parse) {
            let baggage: &mut Baggage = baggage.get_or_insert_default();
            baggage.insert_with_metadata(member.name.to_owned(), member.value.into_owned(), member.metadata);
        }
        match room.checked_sub(line.len() + ",".len()) {
            Some(left) => room = left,
            None => break,
        }
    }
    baggage
}

/// `line` without the members that do not end within `room` bytes.
fn whole_members(line: &[u8], room: usize) -> &[u8] {
    match line.get(..=room) {
        None => line,
        Some(seen) => &line[..seen.iter().rposition(|byte| *byte == b',').unwrap_or(0)],
    }
}

/// The header, unless it is empty. In one order, so that equal baggage makes an equal header.
fn write(baggage: &Baggage) -> Option<String> {
    let mut members: Vec<_> = baggage.iter().collect();
    members.sort_unstable_by_key(|(name, _)| name.as_str());
    let mut header = String::new();
    for (name, (value, metadata)) in members {
        let before = header.len();
        if before > 0 {
            header.push(',');
        }
        member::write(name.as_str(), value.as_str(), metadata.as_str(), &mut header);
        if header.len() > MAX_BYTES {
            header.truncate(before);
        }
    }
    (!header.is_empty()).then_some(header)
}
