//! What stands in labels, and how many series clients can make.

use anyhow::Result;
use axum::body::Body;
use http::header::HOST;
use http::{HeaderValue, Method, Request, StatusCode, Version};

use super::run::{Build, Run};
use crate::conformance::drive::{Handler, routed, unrouted};
use crate::conformance::finding::Finding;
use crate::conformance::table::Probe;

pub(super) const PLAIN: Probe<Build> = Probe {
    id: "plain-request",
    asks: "a plain GET, answered with 200: the duration and its route, and active requests afterwards",
    wants: "1 recorded, the route's template, 0 active: conventions",
    run: |build| {
        let mut run = Run::new(build, Handler::status(StatusCode::OK))?;
        run.client().exchange(routed()?)?;
        let seen = run.seen()?;
        let (recorded, route, active) = (seen.recorded(), seen.label(run.words.route), seen.active);
        let is_right = (recorded, route.as_str(), active) == (1.0, "/users/{id}", 0.0);
        Ok(Finding::judged(format!("{recorded} recorded, {route}, {active} active"), is_right))
    },
};

pub(super) const STATUS_500: Probe<Build> = Probe {
    id: "status-500-error-type",
    asks: "the handler answers with 500: error.type of the duration",
    wants: "500: conventions, the status code if a request fails by its status",
    run: |build| label(build, Handler::status(StatusCode::INTERNAL_SERVER_ERROR), routed()?, "error_type", "500"),
};

pub(super) const SCHEME: Probe<Build> = Probe {
    id: "scheme-origin-form",
    asks: "a request in origin form (GET /users/42): url.scheme of the duration",
    wants: "http: conventions, url.scheme is required",
    run: |build| label(build, Handler::status(StatusCode::OK), routed()?, "url_scheme", "http"),
};

pub(super) const HTTP_2: Probe<Build> = Probe {
    id: "http-2-version",
    asks: "a request of HTTP/2: network.protocol.version of the duration",
    wants: "2: conventions, recommended, and 2 is HTTP/2's version",
    run: |build| {
        let mut request = routed()?;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = "http://example.com/users/42".parse()?;
        label(build, Handler::status(StatusCode::OK), request, "network_protocol_version", "2")
    },
};

pub(super) const METHODS: Probe<Build> = Probe {
    id: "unknown-methods",
    asks: "200 methods that nobody knows: series of the duration and of active requests that they make, and the method's label",
    wants: "1 each, _OTHER: conventions, unknown methods are _OTHER (the value counts where the names are the conventions')",
    run: |build| {
        let requests = (0..200).map(|number| {
            let mut request = routed()?;
            *request.method_mut() = Method::from_bytes(format!("METHOD{number}").as_bytes())?;
            Ok(request)
        });
        let (run, series) = flood(build, StatusCode::OK, requests)?;
        let value = run.seen()?.label(run.words.method);
        let is_right = series.are_one_each() && (!run.words.are_conventions || value == "_OTHER");
        let value = if series.durations == 1 { format!(", {value}") } else { String::new() };
        Ok(Finding::judged(format!("{series}{value}"), is_right))
    },
};

pub(super) const PATHS: Probe<Build> = Probe {
    id: "unmatched-paths",
    asks: "500 paths that no route matches, answered with 404: series of the duration and of active requests that they make",
    wants: "1 each: conventions, http.route is not the path",
    run: |build| {
        let (_, series) =
            flood(build, StatusCode::NOT_FOUND, (0..500).map(|number| unrouted(&format!("/path{number}"))))?;
        Ok(Finding::judged(&series, series.are_one_each()))
    },
};

pub(super) const HOSTS: Probe<Build> = Probe {
    id: "hosts",
    asks: "300 values of Host for one route: series of the duration and of active requests that they make",
    wants: "1 each: conventions, server.address is opt-in, because clients can make series with it",
    run: |build| {
        let requests = (0..300).map(|number| {
            let mut request = routed()?;
            request.headers_mut().insert(HOST, HeaderValue::try_from(format!("host{number}.example"))?);
            Ok(request)
        });
        let (_, series) = flood(build, StatusCode::OK, requests)?;
        Ok(Finding::judged(&series, series.are_one_each()))
    },
};

fn label(build: Build, handler: Handler, request: Request<Body>, name: &str, wanted: &str) -> Result<Finding> {
    let mut run = Run::new(build, handler)?;
    run.client().exchange(request)?;
    let value = run.seen()?.label(name);
    if value == "absent" && !run.words.are_conventions {
        return Ok(Finding::none("no such label"));
    }
    Ok(Finding::judged(&value, value == wanted))
}

/// How many series requests make.
struct Series {
    durations: usize,
    active: usize,
}

impl Series {
    fn are_one_each(&self) -> bool {
        self.durations == 1 && self.active <= 1
    }
}

impl std::fmt::Display for Series {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} and {} series", self.durations, self.active)
    }
}

fn flood(
    build: Build,
    status: StatusCode,
    requests: impl Iterator<Item = Result<Request<Body>>>,
) -> Result<(Run, Series)> {
    let mut run = Run::new(build, Handler::status(status))?;
    let before = run.seen()?.active_series;
    for request in requests {
        run.client().exchange(request?)?;
    }
    let seen = run.seen()?;
    let series = Series { durations: seen.durations().len(), active: seen.active_series - before };
    Ok((run, series))
}
