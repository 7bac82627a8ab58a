//! A system's page before and after a probe, in the words that the system has for its metrics.

use std::fmt;

use anyhow::{Result, ensure};
use axum::body::Body;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Response};

use crate::conformance::drive::{Client, Handler, read, routed};
use crate::conformance::page::{Page, Sample};

/// Builds a system around a handler.
pub type Build = fn(Handler) -> Result<Subject>;

/// A fresh system.
pub struct Subject {
    /// Its service.
    pub client: Client,
    page: Box<dyn Fn() -> Result<String>>,
}

impl Subject {
    /// A service and the page of its metrics.
    pub fn new(client: Client, page: impl Fn() -> Result<String> + 'static) -> Self {
        Self { client, page: Box::new(page) }
    }

    fn page(&self) -> Result<Page> {
        Page::read(&(self.page)()?)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject")
    }
}

/// Names on a page.
#[derive(Debug)]
pub(super) struct Words {
    /// They are those of the semantic conventions, so that their rules count.
    pub(super) are_conventions: bool,
    pub(super) duration: &'static str,
    active: &'static str,
    pub(super) request_size: &'static str,
    pub(super) response_size: &'static str,
    pub(super) method: &'static str,
    pub(super) route: &'static str,
}

const CONVENTIONS: Words = Words {
    are_conventions: true,
    duration: "http_server_request_duration_seconds",
    active: "http_server_active_requests",
    request_size: "http_server_request_body_size_bytes",
    response_size: "http_server_response_body_size_bytes",
    method: "http_request_method",
    route: "http_route",
};

const AXUM_PROMETHEUS: Words = Words {
    are_conventions: false,
    duration: "axum_http_requests_duration_seconds",
    active: "axum_http_requests_pending",
    request_size: "axum_http_request_body_size",
    response_size: "axum_http_response_body_size",
    method: "method",
    route: "endpoint",
};

/// A system that has recorded a plain request already: so all its metrics are on its page, and what a probe does is the
/// difference.
pub(super) struct Run {
    subject: Subject,
    before: Page,
    pub(super) words: &'static Words,
}

/// The reference request comes to this path, and does not reach the probe's handler.
const REFERENCE: &str = "/users/0";

impl Run {
    pub(super) fn new(build: Build, handler: Handler) -> Result<Self> {
        let mut subject = build(Handler::new(move |request| {
            let mut handler = handler.clone();
            async move {
                if request.uri().path() != REFERENCE {
                    return tower::Service::call(&mut handler, request).await;
                }
                read(request).await?;
                Ok(Response::new(Body::from("hello")))
            }
        }))?;
        let mut request = routed()?;
        *request.uri_mut() = REFERENCE.parse()?;
        *request.method_mut() = Method::POST;
        *request.body_mut() = Body::from("name=ferris");
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("11"));
        subject.client.exchange(request)?;
        let before = subject.page()?;
        let has = |words: &Words| before.named(&format!("{}_count", words.duration)).next().is_some();
        let words = if has(&AXUM_PROMETHEUS) { &AXUM_PROMETHEUS } else { &CONVENTIONS };
        ensure!(has(words), "a plain request is not on the page");
        Ok(Self { subject, before, words })
    }

    pub(super) fn client(&mut self) -> &mut Client {
        &mut self.subject.client
    }

    /// What has changed since the plain request.
    pub(super) fn seen(&self) -> Result<Seen> {
        let now = self.subject.page()?;
        let old = |sample: &Sample| {
            let mut of_name = self.before.named(&sample.name);
            of_name.find(|before| before.labels == sample.labels).map_or(0.0, |before| before.value)
        };
        let changes = now.samples.iter().map(|sample| Sample { value: sample.value - old(sample), ..sample.clone() });
        let changes = changes.filter(|sample| sample.value != 0.0).collect();
        let active = total(now.named(self.words.active));
        let active_series = now.named(self.words.active).count();
        Ok(Seen { changes: Page { samples: changes, types: Vec::new() }, active, active_series, words: self.words })
    }

    /// Whether the plain request left a metric of this name.
    pub(super) fn has(&self, metric: &str) -> bool {
        self.before.named(&format!("{metric}_count")).next().is_some()
    }
}

/// What a probe has left on a page.
pub(super) struct Seen {
    changes: Page,
    /// All requests that the gauge takes for active, and its series.
    pub(super) active: f64,
    pub(super) active_series: usize,
    words: &'static Words,
}

impl Seen {
    /// The series of the duration that have counted something.
    pub(super) fn durations(&self) -> Vec<&Sample> {
        self.changes.samples.iter().filter(|sample| self.is_duration(sample, "_count")).collect()
    }

    /// How many requests were recorded.
    pub(super) fn recorded(&self) -> f64 {
        total(self.durations().into_iter())
    }

    /// How long they took, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        let sums = self.changes.samples.iter().filter(|sample| self.is_duration(sample, "_sum"));
        total(sums)
    }

    /// Number and sum of the observations of a metric.
    pub(super) fn observed(&self, metric: &str) -> (f64, f64) {
        let of = |suffix| total(self.changes.named(&format!("{metric}{suffix}")));
        (of("_count"), of("_sum"))
    }

    /// The value of a label of the duration's first series, or a word for what is there instead.
    pub(super) fn label(&self, name: &str) -> String {
        let values: Vec<_> = self.durations().into_iter().map(|sample| sample.label(name)).collect();
        match values[..] {
            [] => "nothing recorded".to_owned(),
            [None, ..] => "absent".to_owned(),
            [Some(""), ..] => "empty".to_owned(),
            [Some(value), ..] => value.to_owned(),
        }
    }

    fn is_duration(&self, sample: &Sample, suffix: &str) -> bool {
        sample.name.strip_prefix(self.words.duration) == Some(suffix)
    }
}

/// No samples are 0 together, and not -0 as for `sum`.
fn total<'a>(samples: impl Iterator<Item = &'a Sample>) -> f64 {
    samples.fold(0.0, |sum, sample| sum + sample.value)
}
