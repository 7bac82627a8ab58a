//! Sampler and limits of spans.

use opentelemetry_sdk::trace::{Sampler, TracerProviderBuilder};

use crate::settings::Settings;

/// What `OTEL_TRACES_SAMPLER` and the limits of spans say.
pub(super) fn configure(builder: TracerProviderBuilder, settings: &Settings) -> TracerProviderBuilder {
    let number = |name: &str| settings.number(name, 0..=0x7fff_ffff).and_then(|number| u32::try_from(number).ok());
    let limit = |name: &str| number(name).unwrap_or(128);
    let limit_of_attributes = |name: &str| settings.first([name, "OTEL_ATTRIBUTE_COUNT_LIMIT"], number).unwrap_or(128);
    builder
        .with_sampler(sampler(settings))
        .with_max_attributes_per_span(limit_of_attributes("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"))
        .with_max_events_per_span(limit("OTEL_SPAN_EVENT_COUNT_LIMIT"))
        .with_max_links_per_span(limit("OTEL_SPAN_LINK_COUNT_LIMIT"))
        .with_max_attributes_per_event(limit_of_attributes("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"))
        .with_max_attributes_per_link(limit_of_attributes("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"))
}

#[derive(Clone, Copy)]
enum Decision {
    On,
    Off,
    Ratio,
}

fn sampler(settings: &Settings) -> Sampler {
    use Decision::{Off, On, Ratio};
    let known = [
        ("always_on", (false, On)),
        ("always_off", (false, Off)),
        ("traceidratio", (false, Ratio)),
        ("parentbased_always_on", (true, On)),
        ("parentbased_always_off", (true, Off)),
        ("parentbased_traceidratio", (true, Ratio)),
    ];
    let (parent_based, decision) = settings.choice("OTEL_TRACES_SAMPLER", &known).unwrap_or((true, On));
    let root = match decision {
        On => Sampler::AlwaysOn,
        Off => Sampler::AlwaysOff,
        Ratio => Sampler::TraceIdRatioBased(ratio(settings)),
    };
    if parent_based { Sampler::ParentBased(Box::new(root)) } else { root }
}

fn ratio(settings: &Settings) -> f64 {
    let parse = |text: &str| text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    settings.parsed("OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1", parse).unwrap_or(1.0)
}
