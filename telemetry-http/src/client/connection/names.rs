//! Every name that the connection metrics need, in one place.

pub(crate) use telemetry_core::semconv::attribute::{
    CONNECTION_ACTIVE, CONNECTION_IDLE, HTTP_CONNECTION_STATE, NETWORK_PEER_ADDRESS, NETWORK_PROTOCOL_VERSION,
    SERVER_ADDRESS, SERVER_PORT, URL_SCHEME,
};
pub(crate) use telemetry_core::semconv::metric::{HTTP_CLIENT_CONNECTION_DURATION, HTTP_CLIENT_OPEN_CONNECTIONS};
