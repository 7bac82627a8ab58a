//! Connections, accepted and dialled.

use super::http::PERCENTILES;
use super::{ends, kernel, tls};
use crate::dashboards::layout::{Dashboard, Row};
use crate::dashboards::panel::{Panel, Unit, heatmap, series};
use crate::dashboards::query::{ALL, Histogram, change, rate, select, sum};
use crate::dashboards::variable;

const METRICS: &str = "transport_(server|client)_active_connections|transport_udp_datagrams_total";
const REQUESTS: Histogram = Histogram { name: "transport_server_connection_requests", of: "" };

/// One side of connections, by the names of its metrics.
struct Side {
    active: &'static str,
    idle: &'static str,
    upgraded: Option<&'static str>,
    durations: Histogram,
    bytes: &'static str,
    /// What tells connections apart, and its legend.
    by: &'static str,
    legend: &'static str,
    /// Why there may be no series at all.
    none: &'static str,
}

const ACCEPTED: Side = Side {
    active: "transport_server_active_connections",
    idle: "transport_server_idle_connections",
    upgraded: Some("transport_server_upgraded_connections"),
    durations: Histogram { name: "transport_server_connection_duration_seconds", of: "" },
    bytes: "transport_server_io_bytes_total",
    by: "network_transport, network_type",
    legend: "{{network_transport}} {{network_type}}",
    none: "No connection was accepted with `NetworkMetricsLayer`, or none has ended",
};

const DIALLED: Side = Side {
    active: "transport_client_active_connections",
    idle: "transport_client_idle_connections",
    upgraded: None,
    durations: Histogram { name: "transport_client_connection_duration_seconds", of: "" },
    bytes: "transport_client_io_bytes_total",
    by: "server_address, server_port",
    legend: "{{server_address}}:{{server_port}}",
    none: ends::NO_DIALS,
};

pub(super) fn dashboard() -> Dashboard {
    let mut accepted = ACCEPTED.panels();
    accepted.push(requests());
    let mut dialled = DIALLED.panels();
    dialled.extend(ends::connects());
    Dashboard {
        name: "connections",
        title: "Connections",
        description: "Connections that services accept and dial: how many, how long, why they end, and what they \
                      carry.",
        variables: variable::services(METRICS).to_vec(),
        rows: vec![
            Row::open("Accepted connections", accepted),
            Row::open("Listeners", ends::listeners()),
            Row::open("Dialled connections", dialled),
            tls::row(),
            kernel::datagrams(),
            kernel::tcp(),
        ],
    }
}

impl Side {
    fn panels(&self) -> Vec<Panel> {
        vec![
            self.open(),
            self.turnover(),
            self.lifetimes(),
            self.distribution(),
            self.ends(),
            self.errors(),
            self.traffic(),
            self.by(),
        ]
    }

    fn open(&self) -> Panel {
        let panel = series(
            "Open",
            Unit::Count,
            "Connections that are open, those of them on which nothing has moved for a while, and those that speak \
             another protocol now. Open ones that only grow are not closed by anybody.",
        )
        .query("open", sum("", &select(self.active, ALL)))
        .query("idle", sum("", &select(self.idle, ALL)));
        let upgraded = self.upgraded.into_iter();
        upgraded
            .fold(panel, |panel, name| panel.query("upgraded", sum("", &select(name, ALL))))
            .width(8)
            .empty(self.none)
    }

    fn turnover(&self) -> Panel {
        let closed = self.durations.count("", ALL);
        let opened = format!("{closed} + {}", sum("", &change(self.active, ALL)));
        series(
            "Opened and closed",
            Unit::CountPerSecond,
            "Per second. Closed ones are counted; opened ones are these and the slope of the open ones, and so a \
             little late. As many as requests: keep-alive does not work.",
        )
        .query("opened", opened)
        .query("closed", closed)
        .width(8)
        .empty(self.none)
    }

    fn lifetimes(&self) -> Panel {
        let panel = series(
            "Duration",
            Unit::Seconds,
            "How long connections lived that have ended. Those that are open are not in it: a pool that never closes \
             has none.",
        );
        let ways = PERCENTILES.iter();
        ways.fold(panel, |panel, (name, quantile)| panel.query(name, self.durations.quantile(*quantile)))
            .width(8)
            .empty(self.none)
    }

    fn distribution(&self) -> Panel {
        heatmap(
            "Distribution of durations",
            Unit::Seconds,
            "How many connections lived how long. A line at one duration is a timeout, on this side or the other.",
        )
        .query("{{le}}", self.durations.buckets("le", ALL))
        .width(8)
        .empty(self.none)
    }

    fn ends(&self) -> Panel {
        series(
            "Why they ended",
            Unit::CountPerSecond,
            "By who was first: the peer, this end, a drop before either had ended, or an error. Many that are \
             dropped have a task that was cancelled.",
        )
        .query("{{transport_close_reason}}", self.durations.count("transport_close_reason", ALL))
        .stacked()
        .width(8)
        .empty(self.none)
    }

    fn errors(&self) -> Panel {
        series(
            "What failed",
            Unit::CountPerSecond,
            "Connections that ended with an error, per second, by error. Resets are peers that went away; anything \
             else is worth a look at the log.",
        )
        .query("{{error_type}}", self.durations.count("error_type", "error_type!=\"\""))
        .stacked()
        .width(8)
        .empty("No connection has ended with an error in this time")
    }

    fn traffic(&self) -> Panel {
        series(
            "Bytes",
            Unit::BytesPerSecond,
            "Bytes on the wire per second, by direction; inside of TLS they are in the row of TLS. Open connections \
             and no bytes: somebody waits.",
        )
        .query("{{network_io_direction}}", sum("network_io_direction", &rate(self.bytes, ALL)))
        .width(12)
        .empty(self.none)
    }

    fn by(&self) -> Panel {
        series(
            "Open by kind",
            Unit::Count,
            "Connections that are open, by what tells them apart. One that is far above the others takes what all \
             have to share.",
        )
        .query(self.legend, sum(self.by, &select(self.active, ALL)))
        .stacked()
        .width(12)
        .empty(self.none)
    }
}

fn requests() -> Panel {
    let panel = series(
        "Requests on a connection",
        Unit::Count,
        "How many requests a connection had carried when it ended. Near 1, connections are not used again: look at \
         keep-alive and at the proxy in front.",
    );
    let panel =
        PERCENTILES.iter().fold(panel, |panel, (name, quantile)| panel.query(name, REQUESTS.quantile(*quantile)));
    panel.query("mean", REQUESTS.mean("")).empty("No connection has ended that knew of its requests")
}
