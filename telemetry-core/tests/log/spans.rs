//! Lines about spans themselves, which the formatting layer can be told to write.

use telemetry_core::log::TraceIds;
use telemetry_core::opentelemetry::trace::Tracer;
use tracing::info_span;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use crate::{Sink, Traces, text};

#[test]
fn a_span_has_its_own_ids_from_when_it_is_entered() {
    let traces = Traces::new();
    let (below, above) = (Sink::default(), Sink::default());
    let layers = registry()
        .with(TraceIds::text(text(&below).with_span_events(FmtSpan::FULL)))
        .with(tracing_opentelemetry::layer().with_tracer(traces.tracer()))
        .with(TraceIds::text(text(&above).with_span_events(FmtSpan::FULL)));
    tracing::subscriber::with_default(layers, || {
        let order = info_span!("order");
        traces.tracer().in_span("server", |_| info_span!(parent: &order, "checkout").in_scope(|| ()));
    });
    let (order, checkout) = (traces.ids("order"), traces.ids("checkout"));
    // Both are new, then checkout is entered, left and closed, and then order is.
    let open = [None, None, checkout.clone(), checkout.clone()];
    assert_eq!(below.ids(), [&open[..], &[checkout, order]].concat());
    assert_eq!(above.ids(), [&open[..], &[None, None]].concat());
}
