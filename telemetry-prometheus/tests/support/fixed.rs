//! Families that only a hand-written collector can make.

use std::collections::HashMap;

use prometheus::Registry;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};

/// A hand-written collector, for what the crate has no metric type for.
pub(crate) struct Fixed(Vec<MetricFamily>, Desc);

impl Fixed {
    pub(crate) fn new(families: Vec<MetricFamily>) -> Box<Self> {
        let desc = Desc::new("fixed".to_owned(), "help".to_owned(), vec![], HashMap::new());
        Box::new(Self(families, desc.unwrap()))
    }
}

impl Collector for Fixed {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.1]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.0.clone()
    }
}

pub(crate) fn family(name: &str, kind: MetricType, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}

pub(crate) fn label(name: &str, value: &str) -> LabelPair {
    let mut label = LabelPair::default();
    label.set_name(name.to_owned());
    label.set_value(value.to_owned());
    label
}

/// A registry with nothing but these families.
pub(crate) fn registry(families: Vec<MetricFamily>) -> Registry {
    let registry = Registry::new();
    registry.register(Fixed::new(families)).unwrap();
    registry
}
