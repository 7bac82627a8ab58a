//! Calls of gRPC.

use super::{Instrument, Metric, REQUEST_SECONDS, Stability, Switch, sets};

/// From the start of a call to its status. Release candidate.
pub const RPC_SERVER_CALL_DURATION: Metric = Metric {
    name: "rpc.server.call.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Measures the duration of an incoming Remote Procedure Call (RPC).",
    boundaries: REQUEST_SECONDS,
    stability: Stability::ReleaseCandidate,
    attributes: sets::RPC_SERVER,
    switch: Switch::OnDemand("with_grpc"),
};

/// From the start of a call to its status. Release candidate.
pub const RPC_CLIENT_CALL_DURATION: Metric = Metric {
    name: "rpc.client.call.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Measures the duration of an outgoing Remote Procedure Call (RPC).",
    boundaries: REQUEST_SECONDS,
    stability: Stability::ReleaseCandidate,
    attributes: sets::RPC_CLIENT,
    switch: Switch::OnDemand("with_grpc"),
};
