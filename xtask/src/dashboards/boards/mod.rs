//! The dashboards.

use super::layout::Dashboard;

mod connections;
mod ends;
mod exports;
mod grpc;
mod http;
mod http_client;
mod http_server;
mod kernel;
mod runtime;
mod tls;

pub(super) fn all() -> [Dashboard; 5] {
    [
        http_server::dashboard(),
        http_client::dashboard(),
        connections::dashboard(),
        runtime::dashboard(),
        exports::dashboard(),
    ]
}
