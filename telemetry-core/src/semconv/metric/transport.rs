//! What the kernel tells of TCP connections, and datagrams.

use super::{Instrument, Metric, Stability, Switch, sets};

/// Seconds, for the way to a peer and back: from within a machine, 50 us, to a connection that hardly lives, 10 s.
/// Three bounds for each power of ten, since these times differ by the factor rather than by the difference.
pub const ROUND_TRIP_SECONDS: &[f64] =
    &[0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Segments that are on their way at once: none, then powers of two to 1024, which is 1.4 MB of the usual size.
pub const SEGMENTS: &[f64] = &[0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// Bytes in a second, from 10 kB/s to 10 GB/s with two bounds for each power of ten. Networks count in tens.
pub const BYTES_PER_SECOND: &[f64] = &[1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8, 3e8, 1e9, 3e9, 1e10];

/// The time to the peer and back, as the kernel has smoothed it. Our own name.
pub const TRANSPORT_SERVER_TCP_RTT: Metric = Metric {
    name: "transport.server.tcp.rtt",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Smoothed round-trip time of accepted TCP connections, sampled.",
    boundaries: ROUND_TRIP_SECONDS,
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::Feature("tcp-info"),
};

/// Segments that were sent again, those of the handshake included. Our own name.
pub const TRANSPORT_SERVER_TCP_RETRANSMITS: Metric = Metric {
    name: "transport.server.tcp.retransmits",
    instrument: Instrument::Counter,
    unit: "{segment}",
    description: "Segments that were sent again on accepted TCP connections.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::Feature("tcp-info"),
};

/// Segments that were sent and not acknowledged yet. Our own name.
pub const TRANSPORT_SERVER_TCP_UNACKED: Metric = Metric {
    name: "transport.server.tcp.unacked",
    instrument: Instrument::Histogram,
    unit: "{segment}",
    description: "Segments of accepted TCP connections that wait for their acknowledgement, sampled.",
    boundaries: SEGMENTS,
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::Feature("tcp-info"),
};

/// The rate at which data has reached the peer lately, as the kernel measured it. Our own name.
pub const TRANSPORT_SERVER_TCP_DELIVERY_RATE: Metric = Metric {
    name: "transport.server.tcp.delivery_rate",
    instrument: Instrument::Histogram,
    unit: "By/s",
    description: "Rate at which data reached the peers of accepted TCP connections, sampled.",
    boundaries: BYTES_PER_SECOND,
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::Feature("tcp-info"),
};

/// The time to the peer and back, as the kernel has smoothed it. Our own name.
pub const TRANSPORT_CLIENT_TCP_RTT: Metric = Metric {
    name: "transport.client.tcp.rtt",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Smoothed round-trip time of dialled TCP connections, sampled.",
    boundaries: ROUND_TRIP_SECONDS,
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::Feature("tcp-info"),
};

/// Segments that were sent again, those of the handshake included. Our own name.
pub const TRANSPORT_CLIENT_TCP_RETRANSMITS: Metric = Metric {
    name: "transport.client.tcp.retransmits",
    instrument: Instrument::Counter,
    unit: "{segment}",
    description: "Segments that were sent again on dialled TCP connections.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::Feature("tcp-info"),
};

/// Segments that were sent and not acknowledged yet. Our own name.
pub const TRANSPORT_CLIENT_TCP_UNACKED: Metric = Metric {
    name: "transport.client.tcp.unacked",
    instrument: Instrument::Histogram,
    unit: "{segment}",
    description: "Segments of dialled TCP connections that wait for their acknowledgement, sampled.",
    boundaries: SEGMENTS,
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::Feature("tcp-info"),
};

/// The rate at which data has reached the peer lately, as the kernel measured it. Our own name.
pub const TRANSPORT_CLIENT_TCP_DELIVERY_RATE: Metric = Metric {
    name: "transport.client.tcp.delivery_rate",
    instrument: Instrument::Histogram,
    unit: "By/s",
    description: "Rate at which data reached the peers of dialled TCP connections, sampled.",
    boundaries: BYTES_PER_SECOND,
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::Feature("tcp-info"),
};

/// Bytes in datagrams, without their headers, by direction. Our own name.
pub const TRANSPORT_UDP_IO: Metric = Metric {
    name: "transport.udp.io",
    instrument: Instrument::Counter,
    unit: "By",
    description: "Bytes received and transmitted in UDP datagrams.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::DATAGRAMS,
    switch: Switch::Feature("udp"),
};

/// Datagrams, by direction. Our own name.
pub const TRANSPORT_UDP_DATAGRAMS: Metric = Metric {
    name: "transport.udp.datagrams",
    instrument: Instrument::Counter,
    unit: "{datagram}",
    description: "UDP datagrams received and transmitted.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::DATAGRAMS,
    switch: Switch::Feature("udp"),
};

/// Operations that failed, by direction and error. Our own name.
pub const TRANSPORT_UDP_ERRORS: Metric = Metric {
    name: "transport.udp.errors",
    instrument: Instrument::Counter,
    unit: "{error}",
    description: "Operations on UDP sockets that failed.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::DATAGRAM_ERRORS,
    switch: Switch::Feature("udp"),
};
