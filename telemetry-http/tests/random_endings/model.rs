//! What the metrics have to say of a request, found out from its plan alone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use http::Version;

use crate::plan::{Answer, Outcome, Plan, Profile};
use crate::script::{Script, Step};

pub(crate) type Attributes = BTreeMap<String, String>;

/// A request that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) attributes: Attributes,
    pub(crate) request_bytes: u64,
    /// Absent without a head.
    pub(crate) response_bytes: Option<u64>,
}

/// A request on its way, as it should be. Each step says whether the request ends with it.
#[derive(Debug)]
pub(crate) struct Model {
    profile: Profile,
    plan: Arc<Plan>,
    waits: VecDeque<usize>,
    upload: VecDeque<Step>,
    answer: Option<(Answer, Script)>,
    request_bytes: u64,
    response_bytes: u64,
    has_panicked: bool,
    has_ended: bool,
}

impl Model {
    pub(crate) fn new(profile: Profile, plan: Arc<Plan>) -> Self {
        Self {
            profile,
            waits: plan.waits.clone(),
            upload: plan.upload.steps.clone(),
            plan,
            answer: None,
            request_bytes: 0,
            response_bytes: 0,
            has_panicked: false,
            has_ended: false,
        }
    }

    pub(crate) fn call(&mut self) -> Option<Ended> {
        if self.plan.panics_in_call { self.end(Some("panic")) } else { None }
    }

    pub(crate) fn poll_future(&mut self) -> Option<Ended> {
        if let Some(reads) = self.waits.pop_front() {
            (0..reads).for_each(|_| self.read_upload());
            return None;
        }
        match self.plan.outcome.clone() {
            Outcome::Fail(failure) => self.end(Some(failure.name())),
            Outcome::Panic => self.panic(),
            Outcome::Answer(answer) => {
                let body = answer.body.clone();
                let is_tunnel = answer.status == 101 || (self.plan.method == "CONNECT" && answer.status / 100 == 2);
                let ends = is_tunnel || body.has_ended();
                self.answer = Some((answer, body));
                if ends { self.end(None) } else { None }
            }
        }
    }

    pub(crate) fn poll_body(&mut self) -> Option<Ended> {
        if self.answer.as_ref()?.0.reads_on {
            self.read_upload();
        }
        let body = &mut self.answer.as_mut()?.1;
        let step = body.steps.pop_front();
        let has_ended = body.has_ended();
        match step {
            None | Some(Step::Trailers) => self.end(None),
            Some(Step::Pending) => None,
            Some(Step::Fail(failure)) => self.end(Some(failure.name())),
            Some(Step::Panic) => self.panic(),
            Some(Step::Data(bytes)) => {
                self.response_bytes += u64::from(bytes);
                if has_ended { self.end(None) } else { None }
            }
        }
    }

    pub(crate) fn drop(&mut self) -> Option<Ended> {
        let error = match self.has_panicked {
            true => Some("panic"),
            // Whoever drops a request to a server far away wanted that.
            false if self.profile.is_client || self.all_has_passed() => None,
            false => Some("cancelled"),
        };
        self.end(error)
    }

    /// Whether the client got all that it waits for.
    fn all_has_passed(&self) -> bool {
        let Some((answer, _)) = &self.answer else { return false };
        let without_body = self.plan.method == "HEAD" || matches!(answer.status, 204 | 304);
        let announced = answer.body.size.or(answer.content_length);
        without_body || announced.is_some_and(|announced| self.response_bytes >= announced)
    }

    fn read_upload(&mut self) {
        if let Some(Step::Data(bytes)) = self.upload.pop_front() {
            self.request_bytes += u64::from(bytes);
        }
    }

    fn panic(&mut self) -> Option<Ended> {
        self.has_panicked = true;
        None
    }

    fn end(&mut self, error: Option<&str>) -> Option<Ended> {
        if std::mem::replace(&mut self.has_ended, true) {
            return None;
        }
        let response_bytes = self.answer.is_some().then_some(self.response_bytes);
        Some(Ended { attributes: self.attributes(error), request_bytes: self.request_bytes, response_bytes })
    }

    fn attributes(&self, error: Option<&str>) -> Attributes {
        let (plan, answer) = (&*self.plan, self.answer.as_ref().map(|(answer, _)| answer));
        let status = answer.map(|answer| answer.status);
        let first_error = if self.profile.is_client { 400 } else { 500 };
        let status_error = status.filter(|status| *status >= first_error).map(|status| status.to_string());
        let version = if self.profile.is_client { answer.map(|answer| answer.version) } else { Some(plan.version) };
        let more = [
            ("error.type", error.map(str::to_owned).or(status_error)),
            ("http.response.status_code", status.map(|status| status.to_string())),
            (
                "network.protocol.version",
                version.map(|version| if version == Version::HTTP_2 { "2" } else { "1.1" }.into()),
            ),
            ("http.route", plan.route.filter(|_| !self.profile.is_client).map(str::to_owned)),
            ("shop.tenant", plan.tenant.map(str::to_owned)),
            ("shop.plan", plan.label.map(str::to_owned)),
            ("shop.kind", answer.and_then(|answer| answer.kind).map(str::to_owned)),
        ];
        let more = more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        self.active().into_iter().chain(more).collect()
    }

    /// The attributes of the active requests, which all have.
    pub(crate) fn active(&self) -> Attributes {
        let plan = &*self.plan;
        let method = if plan.method == "PURGE" { "_OTHER" } else { plan.method };
        let mut attributes = vec![("http.request.method", method)];
        if self.profile.is_client {
            attributes.extend(match plan.uri {
                "http://a.example/users/42" => vec![("server.address", "a.example"), ("server.port", "80")],
                "https://B.example/" => vec![("server.address", "b.example"), ("server.port", "443")],
                "http://[::1]:81/" => vec![("server.address", "::1"), ("server.port", "81")],
                _ => Vec::new(),
            });
            attributes.extend(plan.route.map(|template| ("url.template", template)));
        } else {
            attributes.push(("url.scheme", if plan.tls { "https" } else { "http" }));
        }
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}
