//! Connections that are dialled.

mod connect;
mod connector;
#[cfg(feature = "hyper-util")]
mod hyper_util;
mod layer;

pub use connect::ServerAddress;
pub use connector::{ClientNetworkMetricsService, Connect, ConnectedStream};
pub use layer::ClientNetworkMetricsLayer;
