//! What nobody may read in a trace.

use anyhow::Result;
use axum::body::Body;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderValue, Request, StatusCode};

use super::run::{Build, span, texts, traced};
use crate::conformance::drive::Handler;
use crate::conformance::finding::Finding;
use crate::conformance::table::Probe;

const SECRET: &str = "s3cr3t";

pub(super) const HEADERS: Probe<Build> = Probe {
    id: "secret-headers",
    asks: "Authorization and Cookie with a secret: where it is on the span",
    wants: "nowhere: conventions, headers are recorded only on demand",
    run: |build| {
        let mut request = traced()?;
        let value = HeaderValue::from_static(SECRET);
        request.headers_mut().insert(AUTHORIZATION, value.clone());
        request.headers_mut().insert(COOKIE, value);
        shown(build, request)
    },
};

pub(super) const SIGNATURE: Probe<Build> = Probe {
    id: "secret-signature",
    asks: "a query with sig=SECRET: where it is on the span",
    wants: "nowhere: conventions, the values of sig and of some others are redacted",
    run: |build| query(build, "sig"),
};

pub(super) const TOKEN: Probe<Build> = Probe {
    id: "secret-token",
    asks: "a query with token=SECRET: where it is on the span",
    wants: "nowhere: own rule, token is OAuth 2.0's name for a credential; the conventions want what is known to be sensitive scrubbed, and do not list this key",
    run: |build| query(build, "token"),
};

fn query(build: Build, key: &str) -> Result<Finding> {
    let mut request = traced()?;
    *request.uri_mut() = format!("/users/42?{key}={SECRET}").parse()?;
    shown(build, request)
}

fn shown(build: Build, request: Request<Body>) -> Result<Finding> {
    let span = span(build, Handler::status(StatusCode::OK), request)?;
    let of_attributes = span.attributes.iter().filter(|attribute| attribute.value.as_str().contains(SECRET));
    let mut places: Vec<_> = of_attributes.map(|attribute| attribute.key.as_str()).collect();
    if places.is_empty() && texts(&span).contains(SECRET) {
        places.push("name, status or events");
    }
    let is_right = places.is_empty();
    Ok(Finding::judged(if is_right { "nowhere".to_owned() } else { places.join(", ") }, is_right))
}
