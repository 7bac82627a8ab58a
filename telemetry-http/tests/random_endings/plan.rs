//! What one request does from its call to its end, drawn at random.

use std::collections::VecDeque;

use fastrand::Rng;
use http::Version;

use crate::script::{Failure, Script, Step};

/// What the requests of one test are drawn from. All that can come of it has to fit into 2000 series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    pub(crate) is_client: bool,
    pub(crate) methods: &'static [&'static str],
    pub(crate) uris: &'static [&'static str],
    pub(crate) versions: &'static [Version],
    pub(crate) tls: &'static [bool],
    /// Whether the layer has all the options that ask the caller for something.
    pub(crate) asks: bool,
}

const SERVER_METHODS: &[&str] = &["GET", "HEAD", "CONNECT", "PURGE"];

pub(crate) const SERVER: Profile = Profile {
    is_client: false,
    methods: SERVER_METHODS,
    uris: &["/users/42"],
    versions: &[Version::HTTP_11, Version::HTTP_2],
    tls: &[false, true],
    asks: false,
};

pub(crate) const SERVER_THAT_ASKS: Profile =
    Profile { methods: &["GET", "HEAD"], versions: &[Version::HTTP_11], tls: &[false], asks: true, ..SERVER };

#[cfg(feature = "client")]
pub(crate) const CLIENT: Profile = Profile {
    is_client: true,
    methods: &["POST", "HEAD", "CONNECT"],
    uris: &["http://a.example/users/42", "https://B.example/", "http://[::1]:81/", "/users/42"],
    ..SERVER
};

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) method: &'static str,
    pub(crate) uri: &'static str,
    pub(crate) tls: bool,
    pub(crate) version: Version,
    pub(crate) route: Option<&'static str>,
    pub(crate) upload: Script,
    pub(crate) tenant: Option<&'static str>,
    pub(crate) label: Option<&'static str>,
    pub(crate) panics_in_call: bool,
    /// For each poll in which the service is pending, how often it reads the request's body.
    pub(crate) waits: VecDeque<usize>,
    pub(crate) outcome: Outcome,
    /// After how many polls the future is dropped, if it lives that long.
    pub(crate) future_polls: usize,
    pub(crate) body_polls: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Answer(Answer),
    Fail(Failure),
    Panic,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) version: Version,
    pub(crate) kind: Option<&'static str>,
    pub(crate) content_length: Option<u64>,
    pub(crate) body: Script,
    pub(crate) reads_on: bool,
}

/// More polls than any script has.
const NEVER: usize = 1000;

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(..from.len())]
}

fn one_in(rng: &mut Rng, n: usize) -> bool {
    rng.usize(..n) == 0
}

fn failure(rng: &mut Rng) -> Failure {
    pick(rng, &[Failure::Timeout, Failure::Reset, Failure::Text])
}

fn script(rng: &mut Rng, may_end_badly: bool) -> Script {
    let frame = |rng: &mut Rng| match rng.usize(..3) {
        0 => Step::Pending,
        _ => Step::Data(pick(rng, &[0, 1, 64, 65, 5000])),
    };
    let mut steps: VecDeque<_> = (0..rng.usize(..5)).map(|_| frame(rng)).collect();
    match rng.usize(..10) {
        0 => steps.push_back(Step::Trailers),
        1 if may_end_badly => steps.push_back(Step::Fail(failure(rng))),
        2 if may_end_badly => steps.push_back(Step::Panic),
        _ => {}
    }
    let mut script = Script { steps, tells_end: rng.bool(), size: None };
    if one_in(rng, 4) {
        script.size = Some(script.bytes());
    }
    script
}

fn answer(rng: &mut Rng, profile: &Profile) -> Answer {
    let body = script(rng, true);
    let bytes = body.bytes();
    Answer {
        status: pick(rng, &[200, 200, 200, 204, 304, 404, 500, 101]),
        version: pick(rng, profile.versions),
        kind: (profile.asks && rng.bool()).then_some("page"),
        content_length: pick(rng, &[None, None, Some(0), Some(bytes), Some(bytes / 2), Some(bytes + 1)]),
        body,
        reads_on: rng.bool(),
    }
}

impl Plan {
    pub(crate) fn draw(rng: &mut Rng, profile: &Profile) -> Self {
        let polls = |rng: &mut Rng| if one_in(rng, 3) { rng.usize(..4) } else { NEVER };
        Self {
            method: pick(rng, profile.methods),
            uri: pick(rng, profile.uris),
            tls: pick(rng, profile.tls),
            version: pick(rng, profile.versions),
            route: rng.bool().then_some("/users/{id}"),
            upload: script(rng, false),
            tenant: (profile.asks && rng.bool()).then_some("acme"),
            label: (profile.asks && rng.bool()).then_some("gold"),
            panics_in_call: one_in(rng, 20),
            waits: (0..rng.usize(..4)).map(|_| rng.usize(..3)).collect(),
            outcome: match rng.usize(..12) {
                0 => Outcome::Fail(failure(rng)),
                1 => Outcome::Panic,
                _ => Outcome::Answer(answer(rng, profile)),
            },
            future_polls: polls(rng),
            body_polls: polls(rng),
        }
    }
}
