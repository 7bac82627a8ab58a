mod body;
mod future;
mod layer;
mod request_body;
mod service;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use layer::RequestMetricsLayer;
pub use request_body::RequestBody;
pub use service::RequestMetricsService;
