//! How connections come about: accepts of listeners, and connects of clients.

use super::http::PERCENTILES;
use crate::dashboards::panel::{Panel, Unit, series};
use crate::dashboards::query::{ALL, Histogram, max, rate, select, sum};

const CONNECTS: Histogram = Histogram { name: "transport_client_connect_duration_seconds", of: "" };
pub(super) const NO_DIALS: &str = "Nothing was dialled with `ClientNetworkMetricsLayer`";

pub(super) fn listeners() -> Vec<Panel> {
    vec![
        series(
            "Accept errors",
            Unit::CountPerSecond,
            "Failures to accept a connection, per second. A lack of file descriptors needs a higher limit, or \
             connections that get closed: see the runtime dashboard.",
        )
        .query("{{error_type}}", sum("error_type", &rate("transport_server_accept_errors_total", ALL)))
        .width(8)
        .empty("No accept has failed"),
        series(
            "Time since the last accept",
            Unit::Seconds,
            "By instance, the longest of its listeners. If it grows while clients come, the accept loop stands \
             still: look at accept errors and the busy share.",
        )
        .query("{{instance}}", max("instance", &select("transport_server_accept_age_seconds", ALL)))
        .width(8)
        .empty("Only with a `MeteredListener`"),
        series(
            "Rejected connections",
            Unit::CountPerSecond,
            "Connections that were closed at once, per second, since there were too many or they were not wanted. \
             Look at open connections and the limit.",
        )
        .query("{{instance}}", sum("instance", &rate("transport_server_rejected_connections_total", ALL)))
        .width(8)
        .empty("No connection was rejected"),
    ]
}

pub(super) fn connects() -> [Panel; 3] {
    const FAILED: &str = "error_type!=\"\"";
    let panel = series(
        "Duration of connects",
        Unit::Seconds,
        "From the start of a connect to its success or failure. One second and three are lost packets; a long time \
         and then an error is a firewall.",
    );
    let durations =
        PERCENTILES.iter().fold(panel, |panel, (name, quantile)| panel.query(name, CONNECTS.quantile(*quantile)));
    [
        series(
            "Connects",
            Unit::CountPerSecond,
            "Attempts to connect, per second, by server. A sudden rise is a server that closes what is dialled.",
        )
        .query("{{server_address}}:{{server_port}}", CONNECTS.count("server_address, server_port", ALL))
        .width(8)
        .empty(NO_DIALS),
        series(
            "Failed connects",
            Unit::CountPerSecond,
            "Attempts that failed, per second, by server and error. Refused: nothing listens there; timed out: \
             nothing comes back.",
        )
        .query("{{server_address}} {{error_type}}", CONNECTS.count("server_address, error_type", FAILED))
        .width(8)
        .empty("No connect has failed in this time"),
        durations.width(8).empty(NO_DIALS),
    ]
}
