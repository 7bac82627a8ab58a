//! Errors as events of the log.

use std::fmt::{self, Write};
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::SpanId;
use telemetry_core::opentelemetry::trace::{Status, TraceContextExt};
use telemetry_core::testing::{InMemorySpans, ScriptedBody};
use telemetry_http::{ClientTraceLayer, RequestTraceLayer};
use tower::{Layer, ServiceExt, service_fn};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer;

use crate::{Body, Spans, Way, now, send, status};

/// The events of the log: level, name, fields, and the span that was current.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Line>>>);

#[derive(Clone, Debug, PartialEq)]
struct Line {
    level: Level,
    name: &'static str,
    fields: String,
    span: SpanId,
}

impl<S: Subscriber> layer::Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        if event.metadata().target() != "telemetry_http" {
            return;
        }
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        let span = Context::current().span().span_context().span_id();
        let line = Line { level: *event.metadata().level(), name: event.metadata().name(), fields: fields.0, span };
        self.0.lock().unwrap().push(line);
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Log {
    fn take(&self) -> Vec<Line> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn both(test: impl Fn(&Spans, &Log)) {
    for way in Way::ALL {
        let log = Log::default();
        test(&Spans::beside(way, InMemorySpans::new(), |exporting| exporting, log.clone()), &log);
    }
}

fn error() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the till is stuck")
}

fn request() -> Request<Empty<Bytes>> {
    Request::get("http://shop.example/").body(Empty::new()).unwrap()
}

/// A service that fails, and one whose response does.
fn serve(layer: &RequestTraceLayer) {
    assert!(now(layer.layer(service_fn(|_| async { Err::<Response<Body>, _>(error()) })).oneshot(request())).is_err());
}

fn ask(layer: &ClientTraceLayer) {
    assert!(now(layer.layer(service_fn(|_| async { Err::<Response<Body>, _>(error()) })).oneshot(request())).is_err());
}

const FIELDS: &str = "exception.type=\"std::io::error::Error\" exception.message=\"the till is stuck\" ";

#[test]
fn sp_59_errors_are_told_with_the_severity_of_their_side_in_their_span() {
    both(|spans, log| {
        serve(&spans.server().with_exceptions());
        let span = spans.only().span_id();
        let fields = || FIELDS.to_owned();
        let name = "http.server.request.exception";
        assert_eq!(log.take(), [Line { level: Level::ERROR, name, fields: fields(), span }]);
        ask(&spans.client().with_exceptions());
        let span = spans.only().span_id();
        let name = "http.client.request.exception";
        assert_eq!(log.take(), [Line { level: Level::WARN, name, fields: fields(), span }]);
    });
}

#[test]
fn sp_13_sp_59_what_an_error_says_is_nowhere_unless_it_is_asked_for() {
    both(|spans, log| {
        serve(&spans.server());
        let server = spans.only();
        ask(&spans.client());
        for span in [server, spans.only()] {
            assert_eq!(span.status, Status::error(""));
            assert_eq!(span.attribute("error.type"), Some(&"timeout".into()));
            assert!(!format!("{span:?}").contains("till"));
        }
        assert_eq!(log.take(), []);
    });
}

#[test]
fn sp_13_with_exceptions_the_message_is_the_description_and_no_copy_of_the_type() {
    both(|spans, _| {
        serve(&spans.server().with_exceptions());
        assert_eq!(spans.only().status, Status::error("the till is stuck"));
        ask(&spans.client().with_exceptions());
        let span = spans.only();
        assert_eq!(span.status, Status::error("the till is stuck"));
        assert_eq!(span.attribute("error.message"), None);
    });
}

#[test]
fn sp_13_sp_59_a_status_alone_is_no_exception() {
    both(|spans, log| {
        send(&spans.server().with_exceptions(), Request::get("/"), status::<500>);
        assert_eq!(spans.only().status, Status::error(""));
        send(&spans.client().with_exceptions(), Request::get("http://shop.example/"), status::<404>);
        assert_eq!(spans.only().status, Status::error(""));
        assert_eq!(log.take(), []);
    });
}

#[test]
fn sp_59_an_error_of_the_body_is_told_once() {
    both(|spans, log| {
        let failing = service_fn(|_| async {
            Ok::<_, io::Error>(Response::builder().status(500).body(ScriptedBody::new().error(error())).unwrap())
        });
        now(async {
            let response = spans.server().with_exceptions().layer(failing).oneshot(request()).await.unwrap();
            let mut body = response.into_body();
            assert!(body.frame().await.unwrap().is_err());
            assert!(body.frame().await.is_none());
        });
        let span = spans.only();
        let lines = log.take();
        assert_eq!((lines.len(), lines[0].span), (1, span.span_id()));
        assert!(lines[0].fields.ends_with("exception.message=\"the till is stuck\" "), "{lines:?}");
        assert_eq!(span.status, Status::error("the till is stuck"));
        assert_eq!(span.attribute("error.type"), Some(&"timeout".into()));
    });
}

#[test]
fn sp_59_an_error_of_an_unknown_type_has_a_type_and_no_message() {
    struct Opaque;

    both(|spans, log| {
        let failing = service_fn(|_| async { Err::<Response<Body>, _>(Opaque) });
        assert!(now(spans.server().with_exceptions().layer(failing).oneshot(request())).is_err());
        assert_eq!(spans.only().status, Status::error(""));
        let [line] = &log.take()[..] else { panic!("one line") };
        assert!(line.fields.contains("Opaque") && !line.fields.contains("exception.message"), "{line:?}");
    });
}
