//! Requests of clients, and bodies by the number of their chunks.

use super::requests::Requests;
use crate::case::{Budget, Case};
use crate::request::{Parts, System, chunks, client};

/// A client without metrics and spans.
pub(super) const CLIENT_BARE: &str = "telemetry-http/client/bare";

/// How many chunks a body has.
const CHUNKS: [usize; 3] = [1, 16, 256];

/// Nothing on the way of a request is allocated, and nothing stays.
const BUDGET: Budget = Budget { time: None, instructions: None, allocations: Some(0.0), kept: Some(0.0) };

pub(super) fn cases() -> Vec<Case> {
    let bare = case(CLIENT_BARE.to_owned(), client::bare);
    let metrics = case("telemetry-http/client/metrics".to_owned(), client::metrics);
    let clients = with_and_without(bare, metrics);
    let bodies = CHUNKS.into_iter().flat_map(|count| {
        let id = |name| format!("telemetry-http/body-chunks/{name}/{count}");
        let cases = with_and_without(
            case(id("bare"), move || chunks::bare(count)),
            case(id("ours"), move || chunks::ours(count)),
        );
        cases.map(|case| case.times(2_000 / count.isqrt() as u64))
    });
    clients.into_iter().chain(bodies).collect()
}

fn case(id: String, build: impl Fn() -> Parts + 'static) -> Case {
    Case::new(id, move || Ok(Requests(System::of_parts("a client", build())?)))
}

fn with_and_without(without: Case, with: Case) -> [Case; 2] {
    let with = with.beyond(without.id.as_str()).budget(BUDGET);
    [without, with]
}
