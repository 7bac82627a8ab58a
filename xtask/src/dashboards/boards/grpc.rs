//! Calls of gRPC, of either side.

use crate::dashboards::layout::Row;
use crate::dashboards::panel::{Unit, series};
use crate::dashboards::query::{FAILED, Histogram};

/// Calls of gRPC, beside the requests that carry them.
pub(super) fn row(calls: Histogram) -> Row {
    const REASON: &str = "Only with `with_grpc`, and only if there are calls of gRPC";
    Row::collapsed(
        "gRPC",
        vec![
            series(
                "Calls by method",
                Unit::RequestsPerSecond,
                "Calls that have ended, per second. _OTHER are methods that no call has proved to exist.",
            )
            .query("{{rpc_method}}", calls.count("rpc_method", ""))
            .stacked()
            .empty(REASON),
            series(
                "Calls by status",
                Unit::RequestsPerSecond,
                "Calls that have ended, per second, by their status. Look for the method that has the status which \
                 grows.",
            )
            .query("{{rpc_status_code}}", calls.count("rpc_status_code", ""))
            .stacked()
            .empty(REASON),
            series(
                "Share of failed calls",
                Unit::Share,
                "Calls that failed, of all of the method; for a server those alone whose status is its own fault. Look at \
                 the log and the spans of the method.",
            )
            .query("{{rpc_method}}", calls.share("rpc_method", FAILED))
            .empty("No call has failed, or there are none; only `with_grpc` counts them"),
            series(
                "Duration p95 of calls",
                Unit::Seconds,
                "95 of 100 calls take no longer. A call that streams lasts as long as its stream.",
            )
            .query("{{rpc_method}}", calls.classic(0.95, "rpc_method"))
            .query("{{rpc_method}} (native)", calls.native(0.95, "rpc_method"))
            .empty(REASON),
        ],
    )
}
