//! Datagrams, and what the kernel knows of TCP connections.

use super::http::PERCENTILES;
use crate::dashboards::layout::Row;
use crate::dashboards::panel::{Panel, Unit, series};
use crate::dashboards::query::{ALL, Histogram, rate, sum};

const NO_UDP: &str = "Only with `UdpMetrics`, feature `udp`";
const NO_TCP: &str = "Only on Linux with feature `tcp-info`";

struct Side {
    name: &'static str,
    round_trips: Histogram,
    unacknowledged: Histogram,
    deliveries: Histogram,
    retransmits: &'static str,
}

const SIDES: [Side; 2] = [
    Side {
        name: "accepted",
        round_trips: Histogram { name: "transport_server_tcp_rtt_seconds", of: "" },
        unacknowledged: Histogram { name: "transport_server_tcp_unacked", of: "" },
        deliveries: Histogram { name: "transport_server_tcp_delivery_rate_bytes_per_second", of: "" },
        retransmits: "transport_server_tcp_retransmits_total",
    },
    Side {
        name: "dialled",
        round_trips: Histogram { name: "transport_client_tcp_rtt_seconds", of: "" },
        unacknowledged: Histogram { name: "transport_client_tcp_unacked", of: "" },
        deliveries: Histogram { name: "transport_client_tcp_delivery_rate_bytes_per_second", of: "" },
        retransmits: "transport_client_tcp_retransmits_total",
    },
];

pub(super) fn datagrams() -> Row {
    let by_direction = |counter| sum("network_io_direction", &rate(counter, ALL));
    Row::collapsed(
        "UDP",
        vec![
            series(
                "Datagrams",
                Unit::CountPerSecond,
                "Datagrams per second, by direction. Received ones alone: nobody answers.",
            )
            .query("{{network_io_direction}}", by_direction("transport_udp_datagrams_total"))
            .width(8)
            .empty(NO_UDP),
            series(
                "Bytes of datagrams",
                Unit::BytesPerSecond,
                "Bytes per second without headers, by direction. With the datagrams beside it, it tells how large \
                 they are.",
            )
            .query("{{network_io_direction}}", by_direction("transport_udp_io_bytes_total"))
            .width(8)
            .empty(NO_UDP),
            series(
                "UDP errors",
                Unit::CountPerSecond,
                "Operations on sockets that failed, per second. Refused ones were sent to a port where nobody \
                 listens.",
            )
            .query(
                "{{network_io_direction}} {{error_type}}",
                sum("network_io_direction, error_type", &rate("transport_udp_errors_total", ALL)),
            )
            .width(8)
            .empty("No operation on a UDP socket has failed; only `UdpMetrics` counts them"),
        ],
    )
}

pub(super) fn tcp() -> Row {
    let round_trips = series(
        "Round trips",
        Unit::Seconds,
        "The time to the peer and back, as the kernel has smoothed it, sampled. If it grows, requests are slow for a \
         reason outside of the service.",
    );
    let retransmits = series(
        "Segments sent again",
        Unit::CountPerSecond,
        "Per second. Lost on the way, or too late: look at the network, and at round trips.",
    );
    let retransmits =
        SIDES.iter().fold(retransmits, |panel, side| panel.query(side.name, sum("", &rate(side.retransmits, ALL))));
    let unacknowledged = series(
        "Segments on their way",
        Unit::Count,
        "Segments that wait for their acknowledgement, sampled. Many, with long round trips, are a link that is \
         full.",
    );
    let deliveries = series(
        "Delivery rate",
        Unit::BytesPerSecond,
        "How fast data has reached a peer lately, sampled. What is far below it is waiting for the application, not \
         for the network.",
    );
    Row::collapsed(
        "TCP as Linux knows it",
        vec![
            percentiles(round_trips, |side| side.round_trips),
            retransmits
                .empty("No segment was sent again; or TCP is not watched, which needs Linux and feature `tcp-info`"),
            percentiles(unacknowledged, |side| side.unacknowledged),
            percentiles(deliveries, |side| side.deliveries),
        ],
    )
}

fn percentiles(panel: Panel, histogram: impl Fn(&Side) -> Histogram) -> Panel {
    let ways = SIDES.iter().flat_map(|side| PERCENTILES.iter().map(move |percentile| (side, percentile)));
    let panel = ways.fold(panel, |panel, (side, (name, quantile))| {
        panel.query(&format!("{} {name}", side.name), histogram(side).quantile(*quantile))
    });
    panel.empty(NO_TCP)
}
