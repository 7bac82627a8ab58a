mod layer;
mod service;

pub use layer::RequestMetricsLayer;
pub use service::RequestMetricsService;
