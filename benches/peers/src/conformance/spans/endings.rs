//! How spans end, and what they say of it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use http::StatusCode;
use telemetry_core::opentelemetry_sdk::trace::SpanData;

use super::run::{Build, attribute, has, one, span, spans, status, traced};
use crate::conformance::drive::{Handler, WAIT, frame, poll, slowly};
use crate::conformance::finding::Finding;
use crate::conformance::table::Probe;

const HALVES: [&[u8]; 2] = [b"first"; 2];

pub(super) const STATUS_404: Probe<Build> = Probe {
    id: "status-404",
    asks: "the handler answers with 404: the span's status",
    wants: "unset: conventions, what a client does wrong is no error of a server",
    run: |build| {
        let span = span(build, Handler::status(StatusCode::NOT_FOUND), traced()?)?;
        Ok(Finding::judged(status(&span), status(&span) == "unset"))
    },
};

pub(super) const STATUS_500: Probe<Build> = Probe {
    id: "status-500",
    asks: "the handler answers with 500: the span's status and error.type",
    wants: "error and 500: conventions",
    run: |build| {
        let span = span(build, Handler::status(StatusCode::INTERNAL_SERVER_ERROR), traced()?)?;
        Ok(Finding::judged(ending(&span), status(&span) == "error" && attribute(&span, ERROR_TYPE) == "500"))
    },
};

pub(super) const ERROR: Probe<Build> = Probe {
    id: "inner-error",
    asks: "the service returns an error: the span's status and error.type",
    wants: "error, and some error.type: conventions, required if a request ends with an error",
    run: |build| {
        let span = span(build, Handler::failing(), traced()?)?;
        Ok(Finding::judged(ending(&span), status(&span) == "error" && has(&attribute(&span, ERROR_TYPE))))
    },
};

pub(super) const ERROR_TEXTS: Probe<Build> = Probe {
    id: "error-texts",
    asks: "50 errors of one type with 50 texts: values of error.type",
    wants: "1: conventions, it has a low cardinality",
    run: |build| {
        let spans = spans(build, Handler::failing(), |client, _| {
            for number in 0..50 {
                let mut request = traced()?;
                *request.uri_mut() = format!("/users/{number}").parse()?;
                client.attempt(request);
            }
            Ok(())
        })?;
        ensure!(spans.len() == 50, "{} spans have arrived", spans.len());
        let values: BTreeSet<_> =
            spans.iter().map(|span| attribute(span, ERROR_TYPE)).filter(|value| has(value)).collect();
        if values.is_empty() {
            return Ok(Finding::none("no error.type"));
        }
        Ok(Finding::judged(format!("values: {}", values.len()), values.len() == 1))
    },
};

pub(super) const STREAMED: Probe<Build> = Probe {
    id: "streamed-end",
    asks: "the response's body takes 20 ms to its end: when the span has ended, and how long it is",
    wants: "with the body, 20 ms or more: own rule, as for the duration; the conventions leave it open",
    run: |build| {
        let mut ended_before = false;
        let span = one(spans(build, Handler::chunks(&HALVES), |client, arrivals| {
            let before = arrivals.count();
            let body = client.head(traced()?)?.into_body();
            ended_before = slowly(body, || Ok(arrivals.count() > before))?;
            Ok(())
        })?)?;
        let took = span.end_time.duration_since(span.start_time)?;
        let answer = match (ended_before, took >= WAIT) {
            (true, _) => "with the head",
            (false, true) => "with the body, 20 ms or more",
            (false, false) => "with the body, less than 20 ms",
        };
        Ok(Finding::judged(answer, !ended_before && took >= WAIT))
    },
};

pub(super) const HALFWAY: Probe<Build> = Probe {
    id: "response-dropped-halfway",
    asks: "the response's body is dropped after its first chunk: spans, status and error.type",
    wants: "1 span with a mark, error or error.type: own rule, an answer that nobody got can be told from one that somebody got",
    run: |build| {
        let spans = spans(build, Handler::chunks(&HALVES), |client, _| {
            let mut body = client.head(traced()?)?.into_body();
            frame(&mut body)?.context("no chunk")?;
            Ok(())
        })?;
        marked(&spans)
    },
};

pub(super) const DROPPED: Probe<Build> = Probe {
    id: "future-dropped",
    asks: "the request's future is dropped while the handler waits: spans, status and error.type",
    wants: "1 span with a mark: own rule, as above",
    run: |build| {
        let spans = spans(build, Handler::pending(), |client, _| {
            let mut answer = client.call(traced()?);
            ensure!(poll(&mut answer).is_pending(), "the handler did not wait");
            Ok(())
        })?;
        marked(&spans)
    },
};

const ERROR_TYPE: &str = "error.type";

fn ending(span: &SpanData) -> String {
    format!("{}, error.type {}", status(span), attribute(span, ERROR_TYPE))
}

fn marked(spans: &[SpanData]) -> Result<Finding> {
    let [span] = spans else { return Ok(Finding::judged(format!("{} spans", spans.len()), false)) };
    let is_marked = status(span) == "error" || has(&attribute(span, ERROR_TYPE));
    Ok(Finding::judged(format!("1 span, {}", ending(span)), is_marked))
}
