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

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValueList};

    use super::*;
    use crate::settings::tests::environment;

    fn text(text: &str) -> AnyValue {
        AnyValue { value: Some(Value::StringValue(text.to_owned())) }
    }

    fn pair(value: AnyValue) -> KeyValue {
        KeyValue { key: "long key".to_owned(), value: Some(value), ..KeyValue::default() }
    }

    #[test]
    fn characters_are_counted_and_not_bytes_in_all_that_holds_text() {
        let bytes = AnyValue { value: Some(Value::BytesValue(vec![1, 2, 3])) };
        let array = AnyValue { value: Some(Value::ArrayValue(ArrayValue { values: vec![text("abc"), bytes] })) };
        let list = KeyValueList { values: vec![pair(array), KeyValue::default()] };
        let list = AnyValue { value: Some(Value::KvlistValue(list)) };
        let mut attributes = vec![pair(text("äöü")), pair(list), pair(text("ab"))];
        let limits = Limits { count: None, length: Some(2) };
        assert_eq!(limits.apply(&mut attributes), 0);
        assert_eq!((&attributes[0], &attributes[2]), (&pair(text("äö")), &pair(text("ab"))));
        let told = format!("{attributes:?}");
        assert!(told.contains("[1, 2]") && !told.contains("abc"), "{told}");
        assert_eq!(Limits { count: None, length: Some(0) }.apply(&mut attributes), 0);
        assert_eq!(attributes[0], pair(text("")));
    }

    #[test]
    fn what_is_too_many_is_taken_from_the_end_and_counted() {
        let mut attributes: Vec<_> = ["a", "b", "c"].map(|name| pair(text(name))).into();
        let limits = Limits { count: Some(1), length: None };
        assert_eq!(limits.apply(&mut attributes), 2);
        assert_eq!(attributes, [pair(text("a"))]);
        assert_eq!(Limits { count: Some(0), length: None }.apply(&mut attributes), 1);
        assert_eq!(Limits::default().apply(&mut attributes), 0);
    }

    #[test]
    fn what_is_said_of_logs_goes_before_what_is_said_of_all() {
        let of_logs = |variables: &[_]| Limits::of_logs(&environment(variables));
        let both = [("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "1"), ("OTEL_ATTRIBUTE_COUNT_LIMIT", "2")];
        assert_eq!(of_logs(&both), Limits { count: Some(1), length: None });
        assert_eq!(of_logs(&both[1..]), Limits { count: Some(2), length: None });
        assert_eq!(of_logs(&[]), Limits { count: Some(128), length: None });
    }
}
