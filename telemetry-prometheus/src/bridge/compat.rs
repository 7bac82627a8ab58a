//! What differs between the two kinds of the crate's data types.

use prometheus::proto::{Counter, Gauge, Metric};

/// `value` for the plain structs, which have `get_value` instead.
///
/// A method of the type itself comes before a trait's, so in each kind one of these two traits calls the type's own
/// method, and the other one leads to it.
#[allow(dead_code, reason = "the generated types have the method themselves")]
pub(super) trait Value {
    fn value(&self) -> f64;
}

/// `get_value` for the generated types, which have `value` instead.
#[allow(dead_code, reason = "the plain structs have the method themselves")]
trait GetValue {
    fn get_value(&self) -> f64;
}

impl Value for Counter {
    fn value(&self) -> f64 {
        self.get_value()
    }
}

impl GetValue for Counter {
    fn get_value(&self) -> f64 {
        self.value()
    }
}

impl Value for Gauge {
    fn value(&self) -> f64 {
        self.get_value()
    }
}

impl GetValue for Gauge {
    fn get_value(&self) -> f64 {
        self.value()
    }
}

/// The value of an untyped metric, or NaN where there is none.
///
/// It is behind a method in one kind and in a field in the other, and no code compiles with both: what they share is
/// that `Debug` shows it. Such metrics come from hand-written collectors alone, and are rare.
pub(super) fn untyped_value(metric: &Metric) -> f64 {
    let mut metric = metric.clone();
    // Only numbers are left without the labels, so no text can pass for a field.
    metric.take_label();
    shown_value(&format!("{metric:?}")).unwrap_or(f64::NAN)
}

fn shown_value(metric: &str) -> Option<f64> {
    let (_, untyped) = metric.split_once("untyped")?;
    let (_, value) = untyped.split_once("value:")?;
    let value = value.trim_start();
    let value = value.strip_prefix("Some(").unwrap_or(value);
    value.split([' ', ',', ')', '}']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::proto::{LabelPair, Untyped};

    /// Stands in for the method of the plain structs where the generated types have none.
    #[allow(dead_code, reason = "the plain structs have the method themselves")]
    trait SetUntyped {
        fn set_untyped(&mut self, _: Untyped) {}
    }

    impl SetUntyped for Metric {}

    #[test]
    #[allow(deprecated, reason = "there is no other way to make such a metric")]
    fn the_value_of_an_untyped_metric_is_found() {
        for value in [3.5, -1e-7, f64::INFINITY, 1e300] {
            let mut untyped = Untyped::default();
            untyped.set_value(value);
            let mut label = LabelPair::default();
            label.set_value("untyped: Untyped { value: 7 }".to_owned());
            let mut metric = Metric::from_label(vec![label]);
            metric.set_untyped(untyped);

            let is_set = format!("{metric:?}").matches("Untyped {").count() > 1;
            let found = untyped_value(&metric);
            assert!(if is_set { found == value } else { found.is_nan() }, "{found} for {value}");
        }
    }

    /// As version 3 of `protobuf` shows it; the other test sees the plain structs.
    #[test]
    fn the_value_of_a_generated_metric_is_found() {
        let shown = |value: &str| format!("Metric {{ untyped: MessageField(Some(Untyped {{ value: {value}, special_f");
        assert_eq!(shown_value(&shown("Some(-0.5)")), Some(-0.5));
        assert_eq!(shown_value(&shown("Some(inf)")), Some(f64::INFINITY));
        assert_eq!(shown_value(&shown("None")), None);
    }
}
