//! Limits on attributes that the SDK does not know, applied to what is about to be sent.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

use crate::settings::Settings;

/// How many attributes, and how long their text may be. Without a number there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    count: Option<usize>,
    length: Option<usize>,
}

impl Limits {
    /// The SDK sees to the number of a span's attributes.
    pub(super) fn of_spans(settings: &Settings) -> Self {
        Self { count: None, length: limit(settings, ["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", LENGTH]) }
    }

    pub(super) fn of_logs(settings: &Settings) -> Self {
        let count = limit(settings, ["OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"]);
        let length = limit(settings, ["OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", LENGTH]);
        Self { count: count.or(Some(128)), length }
    }

    /// Cuts the list, and says how many it took away.
    pub(super) fn apply(self, attributes: &mut Vec<KeyValue>) -> u32 {
        let most = self.count.unwrap_or(usize::MAX);
        let dropped = attributes.len().saturating_sub(most);
        attributes.truncate(most);
        if let Some(length) = self.length {
            attributes.iter_mut().filter_map(|attribute| attribute.value.as_mut()).for_each(|value| cut(value, length));
        }
        dropped.try_into().unwrap_or(u32::MAX)
    }
}

const LENGTH: &str = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT";

fn limit(settings: &Settings, names: [&str; 2]) -> Option<usize> {
    let number = settings.first(names, |name| settings.number(name, 0..=0x7fff_ffff))?;
    usize::try_from(number).ok()
}

/// To so many characters, or bytes where there are no characters.
fn cut(value: &mut AnyValue, length: usize) {
    match &mut value.value {
        Some(Value::StringValue(text)) => {
            if let Some((end, _)) = text.char_indices().nth(length) {
                text.truncate(end);
            }
        }
        Some(Value::BytesValue(bytes)) => bytes.truncate(length),
        Some(Value::ArrayValue(array)) => array.values.iter_mut().for_each(|value| cut(value, length)),
        Some(Value::KvlistValue(list)) => {
            list.values.iter_mut().filter_map(|pair| pair.value.as_mut()).for_each(|value| cut(value, length));
        }
        _ => {}
    }
}
