//! Requests that end without a response.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Result, ensure};
use axum::body::Body;
use http::{Request, Response};

use super::run::{Build, Run, Seen};
use crate::conformance::drive::{Handler, poll, routed};
use crate::conformance::finding::Finding;
use crate::conformance::table::Probe;

pub(super) const DROPPED_ACTIVE: Probe<Build> = Probe {
    id: "future-dropped-active",
    asks: "the request's future is dropped while the handler waits: active requests afterwards",
    wants: "0: conventions, the gauge is the number of active requests",
    run: |build| {
        let seen = dropped(build)?;
        Ok(Finding::judged(seen.active, seen.active == 0.0))
    },
};

pub(super) const DROPPED_RECORDED: Probe<Build> = Probe {
    id: "future-dropped-recorded",
    asks: "the same: requests in the duration",
    wants: "1: own rule, what clients give up on is counted as well; the conventions do not name the case",
    run: |build| {
        let seen = dropped(build)?;
        Ok(Finding::judged(format!("{} recorded", seen.recorded()), seen.recorded() == 1.0))
    },
};

pub(super) const UNPOLLED: Probe<Build> = Probe {
    id: "future-dropped-unpolled",
    asks: "the future is dropped before its first poll: active requests afterwards",
    wants: "0: as above",
    run: |build| {
        let mut run = Run::new(build, Handler::pending())?;
        drop(run.client().call(routed()?));
        let seen = run.seen()?;
        Ok(Finding::judged(seen.active, seen.active == 0.0))
    },
};

pub(super) const ERROR: Probe<Build> = Probe {
    id: "inner-error-recorded",
    asks: "the service returns an error: the duration, its route and its error.type",
    wants: "1 recorded, with http.route and error.type: conventions, both are required if known and if the request failed",
    run: |build| {
        let mut run = Run::new(build, Handler::failing())?;
        run.client().attempt(routed()?);
        let seen = run.seen()?;
        if seen.recorded() == 0.0 {
            return Ok(Finding::judged("nothing recorded", false));
        }
        let (route, error) = (seen.label(run.words.route), seen.label("error_type"));
        let is_right = seen.recorded() == 1.0 && route == "/users/{id}" && !["absent", "empty"].contains(&&*error);
        Ok(Finding::judged(format!("{} recorded, route {route}, error.type {error}", seen.recorded()), is_right))
    },
};

const TEXTS: usize = 50;

pub(super) const ERROR_TEXTS: Probe<Build> = Probe {
    id: "error-texts",
    asks: "50 errors of one type with 50 texts: series of the duration",
    wants: "1: conventions, error.type has a low cardinality",
    run: |build| {
        let mut run = Run::new(build, Handler::failing())?;
        for number in 0..TEXTS {
            let mut request = routed()?;
            *request.uri_mut() = format!("/users/{}", number + 1).parse()?;
            run.client().attempt(request);
        }
        let series = run.seen()?.durations().len();
        if series == 0 {
            return Ok(Finding::none("nothing recorded"));
        }
        Ok(Finding::judged(format!("{series} series"), series == 1))
    },
};

pub(super) const PANIC: Probe<Build> = Probe {
    id: "handler-panics",
    asks: "the handler panics, and the panic is caught outside of the layer: active requests afterwards",
    wants: "0: as above",
    run: |build| {
        let mut run = Run::new(build, Handler::new(panicking))?;
        let mut answer = run.client().call(routed()?);
        let panicked = catch_unwind(AssertUnwindSafe(|| poll(&mut answer))).is_err();
        ensure!(panicked, "the handler did not panic");
        drop(answer);
        let seen = run.seen()?;
        Ok(Finding::judged(seen.active, seen.active == 0.0))
    },
};

async fn panicking(_: Request<Body>) -> Result<Response<Body>, crate::conformance::drive::Failure> {
    panic!("as a probe asks for");
}

fn dropped(build: Build) -> Result<Seen> {
    let mut run = Run::new(build, Handler::pending())?;
    let mut answer = run.client().call(routed()?);
    ensure!(poll(&mut answer).is_pending(), "the handler did not wait");
    drop(answer);
    run.seen()
}
