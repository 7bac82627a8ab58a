//! Requests that a service makes.

use super::grpc;
use super::http::{PERCENTILES, Requests};
use crate::dashboards::layout::{Dashboard, Row};
use crate::dashboards::panel::{Panel, Unit, number, series};
use crate::dashboards::query::{Histogram, select, sum};
use crate::dashboards::variable;

const OF: &str = "server_address=~\"$server\"";
const DURATIONS: Histogram = Histogram { name: "http_client_request_duration_seconds", of: OF };
const CONNECTIONS: Histogram = Histogram { name: "http_client_connection_duration_seconds", of: OF };
const METRICS: &str = "http_client_request_duration_seconds(_count)?";
const NO_CONNECTIONS: &str = "Only with `ClientConnectionLayer`, and with connections";

pub(super) fn dashboard() -> Dashboard {
    let requests = Requests {
        durations: DURATIONS,
        request_bodies: Histogram { name: "http_client_request_body_size_bytes", of: OF },
        response_bodies: Histogram { name: "http_client_response_body_size_bytes", of: OF },
        label: "server_address",
        without: "no server",
        on_errors: "Look which server it is, and whether it answers with errors or cannot be reached.",
        on_slowness: "If it grows, look at that server's own durations: what it does not see is the network, or a \
                      lack of connections.",
        // The service's own doing is no error to its client.
        cancelled: "error_type=\"\", http_response_status_code=\"\"",
        on_cancels: "The caller gave up, mostly by a timeout of its own.",
    };
    let [datasource, job, instance] = variable::services(METRICS);
    let servers = format!("{{__name__=~\"{METRICS}\", job=~\"$job\", instance=~\"$instance\"}}");
    let mut overview = requests.numbers();
    overview.push(active());
    Dashboard {
        name: "http-client",
        title: "HTTP client",
        description: "Requests that services make: to whom, how well, how fast, and over which connections.",
        variables: vec![datasource, job, instance, variable::of_label("server", "Server", &servers, "server_address")],
        rows: vec![
            Row::open("Overview", overview),
            Row::open("Traffic", vec![requests.by_label(), requests.by_status(), requests.by_method(), waiting()]),
            requests.errors(),
            Row::open("Durations", requests.durations()),
            Row::collapsed("Native histograms", requests.native()),
            Row::open("Connections", vec![open(), closed(), lifetimes()]),
            requests.bodies(),
            grpc::row(Histogram { name: "rpc_client_call_duration_seconds", of: "" }),
        ],
    }
}

fn active() -> Panel {
    number(
        "Active",
        Unit::Count,
        "Requests that have begun and not ended. If they grow while as many end as before, a server keeps them \
         waiting.",
    )
    .query("", sum("", &select("http_client_active_requests", OF)))
    .empty("No request was made since the start")
}

fn waiting() -> Panel {
    series(
        "Active requests",
        Unit::Count,
        "Requests that have begun and not ended, by server. The one whose line grows is the one that keeps others \
         waiting.",
    )
    .query("{{server_address}}", sum("server_address", &select("http_client_active_requests", OF)))
    .stacked()
    .empty("No request was made since the start")
}

fn open() -> Panel {
    const BY: &str = "server_address, http_connection_state";
    series(
        "Open connections",
        Unit::Count,
        "Connections of the pool, with a request on them (active) or waiting for one (idle). No idle ones while \
         requests are slow: there are too few.",
    )
    .query("{{server_address}} {{http_connection_state}}", sum(BY, &select("http_client_open_connections", OF)))
    .stacked()
    .width(8)
    .empty(NO_CONNECTIONS)
}

fn closed() -> Panel {
    series(
        "Closed connections",
        Unit::CountPerSecond,
        "Connections that have ended, per second. As many as there are requests: nothing is used again, look at \
         keep-alive on both sides.",
    )
    .query("{{server_address}}", CONNECTIONS.count("server_address", ""))
    .width(8)
    .empty(NO_CONNECTIONS)
}

fn lifetimes() -> Panel {
    let lives = series(
        "Duration of connections",
        Unit::Seconds,
        "How long connections lived that have ended. Very short ones are made anew for each request.",
    );
    let lives =
        PERCENTILES.iter().fold(lives, |panel, (name, quantile)| panel.query(name, CONNECTIONS.quantile(*quantile)));
    lives.width(8).empty(NO_CONNECTIONS)
}
