//! TLS of both sides.

use super::http::PERCENTILES;
use crate::dashboards::layout::Row;
use crate::dashboards::panel::{Panel, Unit, series};
use crate::dashboards::query::{ALL, Histogram, rate, select, sum};

const REASON: &str = "Only with `MeteredTlsAcceptor`, `MeteredTlsConnector` or another TLS that reports to the \
                      connection";

struct Side {
    name: &'static str,
    handshakes: Histogram,
    active: &'static str,
    bytes: &'static str,
}

const SIDES: [Side; 2] = [
    Side {
        name: "accepted",
        handshakes: Histogram { name: "transport_server_tls_handshake_duration_seconds", of: "" },
        active: "transport_server_tls_active_handshakes",
        bytes: "transport_server_tls_io_bytes_total",
    },
    Side {
        name: "dialled",
        handshakes: Histogram { name: "transport_client_tls_handshake_duration_seconds", of: "" },
        active: "transport_client_tls_active_handshakes",
        bytes: "transport_client_tls_io_bytes_total",
    },
];

pub(super) fn row() -> Row {
    Row::collapsed("TLS", vec![handshakes(), resumed(), failed(), durations(), active(), bytes()])
}

/// The same question to both sides.
fn both(panel: Panel, legend: &str, query: impl Fn(&Side) -> String) -> Panel {
    SIDES.iter().fold(panel, |panel, side| panel.query(&format!("{} {legend}", side.name), query(side))).width(8)
}

fn handshakes() -> Panel {
    let panel = series(
        "Handshakes by version",
        Unit::CountPerSecond,
        "Handshakes that have ended, per second, by version of TLS; those that failed early have none. Old versions \
         tell which clients are old.",
    );
    both(panel, "{{tls_protocol_version}}", |side| side.handshakes.count("tls_protocol_version", ALL))
        .stacked()
        .empty(REASON)
}

fn resumed() -> Panel {
    let panel = series(
        "Resumed handshakes",
        Unit::Share,
        "Handshakes that resumed an earlier session, of all. Resuming is far cheaper: if the share falls, look at \
         ticket keys and at clients that forget.",
    );
    both(panel, "", |side| side.handshakes.share("", "tls_resumed=\"true\""))
        .empty("No handshake has resumed a session, or there is no TLS to count")
}

fn failed() -> Panel {
    let panel = series(
        "Failed handshakes",
        Unit::CountPerSecond,
        "Handshakes that failed, per second, by error. Certificates are checked by the other side as well: its log \
         may know more.",
    );
    both(panel, "{{error_type}}", |side| side.handshakes.count("error_type", "error_type!=\"\""))
        .empty("No TLS handshake has failed in this time")
}

fn durations() -> Panel {
    let panel = series(
        "Duration of handshakes",
        Unit::Seconds,
        "From the start of a handshake to its success or failure. Long ones are far clients, or workers with no \
         time: see the busy share.",
    );
    let (_, p95) = PERCENTILES[1];
    both(panel, "p95", |side| side.handshakes.quantile(p95)).empty(REASON)
}

fn active() -> Panel {
    let panel = series(
        "Handshakes going on",
        Unit::Count,
        "Handshakes that have begun and not ended. Many of them are clients that connect and say nothing: set a \
         limit and a timeout.",
    );
    both(panel, "", |side| sum("", &select(side.active, ALL))).empty(REASON)
}

fn bytes() -> Panel {
    let panel = series(
        "Plain bytes inside of TLS",
        Unit::BytesPerSecond,
        "Bytes per second before they are encrypted, by direction. The wire has more; much more means very small \
         records.",
    );
    both(panel, "{{network_io_direction}}", |side| sum("network_io_direction", &rate(side.bytes, ALL))).empty(REASON)
}
