//! Grafana's dashboards of the examples.

pub(crate) mod file;
