//! Lines of text in each of the formats, and what else is on them.

use std::sync::{Arc, OnceLock};

use telemetry_core::log::TraceIds;
use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::trace::{TraceContextExt, Tracer};
use tracing::dispatcher::WeakDispatch;
use tracing::{Dispatch, Event, Level, Subscriber, info, info_span};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{self, FmtContext};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;
use tracing_subscriber::registry::LookupSpan;

use crate::{Ids, Message, Sink, Traces, text, through};

/// Checks that each line is what it is without ids, but for the ids at the end of its first line.
macro_rules! assert_only_ids_are_added {
    ($layer:expr) => {{
        let (plain, with_ids) = (Sink::default(), Sink::default());
        let layer = $layer;
        through(&Traces::new(), layer(&plain), work);
        let traces = Traces::new();
        through(&traces, TraceIds::text(layer(&with_ids)), work);
        let ids = [None, traces.ids("checkout"), traces.ids("checkout")];
        let (plain, with_ids) = (plain.writes(), with_ids.writes());
        assert_eq!((plain.len(), with_ids.len()), (ids.len(), ids.len()));
        for ((plain, with_ids), ids) in plain.into_iter().zip(&with_ids).zip(ids) {
            let ids = ids.as_ref().map(Ids::text).unwrap_or_default();
            let (first, rest) = plain.split_once('\n').expect("the end of a line");
            assert_eq!(*with_ids, format!("{first}{ids}\n{rest}"));
        }
        with_ids
    }};
}

fn work() {
    info!(items = 0, "empty");
    let checkout = info_span!("checkout", lane = "express", late = tracing::field::Empty);
    checkout.record("late", true);
    checkout.in_scope(|| info!(items = 3, trace_id = "mine", "paid\nin cash"));
    tracing::event!(name: "bare", parent: &checkout, Level::WARN, total = 1.5);
}

#[derive(Clone, Copy)]
struct Noon;

impl FormatTime for Noon {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        writer.write_str("12:00")
    }
}

#[test]
fn the_full_format_is_kept() {
    let lines = assert_only_ids_are_added!(|sink: &Sink| {
        fmt::layer().with_timer(Noon).with_ansi(false).with_writer(sink.clone())
    });
    assert!(lines[1].starts_with(r#"12:00  INFO checkout{lane="express" late=true}: log::text: paid"#), "{}", lines[1]);
}

#[test]
fn the_compact_format_is_kept() {
    let lines = assert_only_ids_are_added!(|sink: &Sink| text(sink).compact().with_target(false));
    assert_eq!(lines[0], " INFO empty items=0\n");
}

#[test]
fn the_pretty_format_is_kept() {
    let lines = assert_only_ids_are_added!(|sink: &Sink| text(sink).pretty());
    let [first, _, last] = lines[2].lines().collect::<Vec<_>>()[..3].try_into().unwrap();
    assert!(first.starts_with("   WARN log::text: total: 1.5 trace_id="), "{first}");
    assert_eq!(last, r#"    in log::text::checkout with lane: "express", late: true"#);
}

#[test]
fn colours_are_kept_and_the_ids_have_none() {
    let full = assert_only_ids_are_added!(|sink: &Sink| text(sink).with_ansi(true));
    let pretty = assert_only_ids_are_added!(|sink: &Sink| text(sink).with_ansi(true).pretty());
    assert!(full[0].contains('\x1b') && pretty[0].contains('\x1b'));
}

#[test]
fn a_line_is_written_at_once() {
    let (traces, sink) = (Traces::new(), Sink::default());
    through(&traces, TraceIds::text(fmt::layer().with_writer(sink.clone())), || {
        info_span!("checkout").in_scope(|| info!("{}", "long ".repeat(100_000)));
    });
    assert!(sink.line().len() > 500_000);
}

#[test]
fn a_format_need_not_end_its_lines() {
    let lines = ["no end", "end\n", "windows\r\n", "\n\nlate", "two\r\nlines\n", "a\u{1b}", "\n\r\n"];
    let (traces, sink) = (Traces::new(), Sink::default());
    through(&traces, TraceIds::text(text(&sink).event_format(Message)), || {
        info_span!("checkout").in_scope(|| lines.iter().for_each(|line| info!("{line}")));
    });
    let ids = traces.ids("checkout").unwrap().text();
    let expected = [
        format!("no end{ids}"),
        format!("end{ids}\n"),
        format!("windows{ids}\r\n"),
        format!("\n\nlate{ids}"),
        format!("two{ids}\r\nlines\n"),
        format!("a\u{1b}{ids}"),
        "\n\r\n".to_owned(),
    ];
    assert_eq!(sink.writes(), expected);
}

/// Writes the message of an event, but first has the same event in another span.
struct Twice(Arc<OnceLock<WeakDispatch>>, Context);

impl<S, N> FormatEvent<S, N> for Twice
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> std::fmt::Result {
        if !Context::current().is_telemetry_suppressed() {
            let _guard = self.1.with_telemetry_suppressed().attach();
            self.0.get().unwrap().upgrade().unwrap().event(event);
        }
        Message.format_event(context, writer, event)
    }
}

#[test]
fn a_line_within_a_line_has_its_own_ids() {
    let (traces, sink, cell) = (Traces::new(), Sink::default(), Arc::default());
    let query = Context::new().with_span(traces.tracer().start("query"));
    let layer = text(&sink).event_format(Twice(Arc::clone(&cell), query));
    let layers =
        registry().with(TraceIds::text(layer)).with(tracing_opentelemetry::layer().with_tracer(traces.tracer()));
    let dispatch = Dispatch::new(layers);
    cell.set(dispatch.downgrade()).unwrap();
    tracing::dispatcher::with_default(&dispatch, || info_span!("checkout").in_scope(|| info!("paid")));
    drop(dispatch);
    assert_eq!(sink.ids(), [traces.ids("query"), traces.ids("checkout")]);
}

#[test]
fn a_layer_may_be_optional_or_boxed() {
    let (traces, sink) = (Traces::new(), Sink::default());
    through(&traces, Some(TraceIds::text(text(&sink))), || info_span!("checkout").in_scope(|| info!("paid")));
    through(&traces, TraceIds::text(text(&sink)).boxed(), || info!(parent: &info_span!("order"), "paid"));
    assert_eq!(sink.ids(), [traces.ids("checkout"), traces.ids("order")]);
}
