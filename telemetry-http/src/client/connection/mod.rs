mod attributes;
mod handle;
mod layer;
mod names;
mod record;
mod service;
mod state;
mod stream;

pub use handle::{ActiveStream, ConnectionHandle};
pub use layer::ClientConnectionLayer;
pub use service::{ClientConnectionService, ConnectFuture};
pub use stream::MeteredConnection;
