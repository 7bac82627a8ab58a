//! Which exporters a signal has.

use std::collections::BTreeSet;

use crate::settings::Settings;
use crate::signal::Signal;

/// What `OTEL_TRACES_EXPORTER` and its like say.
#[derive(Debug)]
pub(super) enum Chosen {
    /// Nothing: what was set up in code, and OTLP if it has somewhere to go.
    Unsaid,
    /// These and no others.
    Only(BTreeSet<String>),
}

impl Chosen {
    /// A list of names, in any case. Those that nobody knows are left out; if no other is left, nothing was said.
    pub(super) fn read(settings: &Settings, signal: Signal, in_code: &[&str]) -> Self {
        if is_disabled(settings) {
            return Self::Only(BTreeSet::new());
        }
        let variable = format!("OTEL_{}_EXPORTER", signal.variable());
        let Some(list) = settings.text(&variable) else { return Self::Unsaid };
        let object = |problem: String| settings.object(&variable, "is ignored in part", problem);
        let (mut chosen, mut none) = (BTreeSet::new(), false);
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name.to_ascii_lowercase().as_str() {
                "none" => none = true,
                "otlp" if cfg!(feature = "otlp") => drop(chosen.insert("otlp".to_owned())),
                "otlp" => object("otlp needs feature `otlp` of telemetry-core".to_owned()),
                known if in_code.contains(&known) => drop(chosen.insert(known.to_owned())),
                "prometheus" if signal == Signal::Metrics => object(
                    "there is no prometheus exporter, since `with_prometheus` of telemetry-prometheus was not called"
                        .to_owned(),
                ),
                other => object(format!("the exporter {other:?} is not supported, only otlp and none are")),
            }
        }
        match (none, chosen.is_empty()) {
            (true, _) => Self::Only(BTreeSet::new()),
            (false, true) => Self::Unsaid,
            (false, false) => Self::Only(chosen),
        }
    }

    /// Whether an exporter of that name runs that would run if nothing was said.
    pub(super) fn has(&self, name: &str, unless_said: bool) -> bool {
        match self {
            Self::Unsaid => unless_said,
            Self::Only(chosen) => chosen.contains(name),
        }
    }
}

/// Whether nothing is to be recorded and exported at all. Context travels on.
pub(super) fn is_disabled(settings: &Settings) -> bool {
    settings.is_true("OTEL_SDK_DISABLED")
}
