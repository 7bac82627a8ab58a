pub(crate) mod connection;
mod layer;
mod service;

pub use layer::ClientMetricsLayer;
pub use service::ClientMetricsService;
