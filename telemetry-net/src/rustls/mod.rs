//! TLS by `tokio-rustls`.

mod acceptor;
mod connector;
mod failure;
mod handshaking;
mod listener;
mod session;

use tokio_rustls::{client, server};

use crate::{MeteredStream, PlainStream};

pub use acceptor::MeteredTlsAcceptor;
pub use connector::MeteredTlsConnector;
pub(crate) use failure::error_type;
pub use listener::MeteredTlsListener;
use session::Session;
pub(crate) use session::connection_info;

/// What a [`MeteredTlsAcceptor`] makes of a connection.
pub type TlsStream<IO> = PlainStream<server::TlsStream<MeteredStream<IO>>>;

/// What a [`MeteredTlsConnector`] makes of a connection.
pub type ClientTlsStream<IO> = PlainStream<client::TlsStream<MeteredStream<IO>>>;
