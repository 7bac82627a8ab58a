//! One attempt to connect.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Instant;

use telemetry_core::bound::Local;
use telemetry_core::{ConnectionInfo, ErrorType, Transport};

use crate::outcome::Outcome;
use crate::recorder::Recorder;
use crate::series::Server;
use crate::settings::Shared;

/// The server that a client dials: `server.address` and `server.port`. The name by which it is known and not the address
/// that it resolves to; for a Unix socket its path.
///
/// ```
/// use std::net::SocketAddr;
/// use std::path::Path;
/// use telemetry_net::ServerAddress;
///
/// let by_name = ServerAddress::new("DB.example.com", 5432);
/// assert_eq!((by_name.address(), by_name.port()), ("db.example.com", Some(5432)));
/// let by_address = ServerAddress::from("[2001:db8::1]:443".parse::<SocketAddr>().unwrap());
/// assert_eq!((by_address.address(), by_address.port()), ("2001:db8::1", Some(443)));
/// assert_eq!(ServerAddress::from(Path::new("/run/db.sock")).address(), "/run/db.sock");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerAddress {
    address: Box<str>,
    port: Option<u16>,
    is_path: bool,
}

impl ServerAddress {
    /// A host with a port. Case does not matter, and an IPv6 address may stand in brackets.
    #[must_use]
    pub fn new(host: &str, port: u16) -> Self {
        Self { address: bare(host).to_ascii_lowercase().into(), port: Some(port), is_path: false }
    }

    /// The host, the address or the path.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The port; absent for a path, and where a `Uri` tells none.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The one that a `Uri` names, its port by the scheme where none is written. Absent without a host.
    pub(crate) fn of_uri(uri: &http::Uri) -> Option<Self> {
        let port = uri.port_u16().or_else(|| match uri.scheme_str()? {
            "http" | "ws" => Some(80),
            "https" | "wss" => Some(443),
            _ => None,
        });
        Some(Self { address: bare(uri.host()?).to_ascii_lowercase().into(), port, is_path: false })
    }

    pub(crate) fn server(&self) -> Server<'_> {
        Server { address: &self.address, port: self.port }
    }
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

impl From<(&str, u16)> for ServerAddress {
    fn from((host, port): (&str, u16)) -> Self {
        Self::new(host, port)
    }
}

impl From<SocketAddr> for ServerAddress {
    fn from(address: SocketAddr) -> Self {
        let ip: IpAddr = address.ip().to_canonical();
        Self { address: ip.to_string().into(), port: Some(address.port()), is_path: false }
    }
}

impl From<&Path> for ServerAddress {
    fn from(path: &Path) -> Self {
        Self { address: path.to_string_lossy().into(), port: None, is_path: true }
    }
}

/// A connect that is going on. It is recorded once: when it is told how it ended, or else as cancelled.
#[derive(Debug)]
pub(crate) struct Attempt {
    shared: Shared,
    recorder: Local<Recorder>,
    server: Option<ServerAddress>,
    started: Instant,
    over: bool,
}

impl Attempt {
    pub(crate) fn start(shared: &Shared, server: Option<ServerAddress>) -> Self {
        let recorder = shared.recorder().local().clone();
        Self { shared: shared.clone(), started: Instant::now(), recorder, server, over: false }
    }

    /// Gives back the place of the connection's series, for which the caller's function was asked, and when it opened.
    pub(crate) fn succeeded(mut self, info: &ConnectionInfo) -> (u32, Instant) {
        self.end(info, None)
    }

    pub(crate) fn failed(mut self, error: &(dyn Error + 'static)) {
        self.end_without(classify(error));
    }

    /// Nothing is known of a connection that never was, but that only Unix sockets are dialled by a path.
    fn end_without(&mut self, error: ErrorType) {
        let is_path = self.server.as_ref().is_some_and(|server| server.is_path);
        let transport = if is_path { Transport::Unix } else { self.shared.settings().transport };
        self.end(&ConnectionInfo::new(transport), Some(error));
    }

    fn end(&mut self, info: &ConnectionInfo, error: Option<ErrorType>) -> (u32, Instant) {
        let recorder = &*self.recorder;
        // If the caller's function panics, the attempt is still to end.
        let series = self.shared.series_of(recorder, info, self.server.as_ref().map(ServerAddress::server), None);
        self.over = true;
        let now = Instant::now();
        let outcome = Outcome { series, error: error.map(ErrorType::as_str), ..Outcome::default() };
        if let Some(connects) = &recorder.connects {
            let place = connects.place(&outcome, &recorder.series(series).attributes);
            connects.at(place).record(now.saturating_duration_since(self.started).as_secs_f64());
        }
        (series, now)
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.over {
            self.end_without(if std::thread::panicking() { ErrorType::Panic } else { ErrorType::Cancelled });
        }
    }
}

#[cfg(not(feature = "hyper-util"))]
fn classify(error: &(dyn Error + 'static)) -> ErrorType {
    ErrorType::from_error(error)
}

#[cfg(feature = "hyper-util")]
fn classify(error: &(dyn Error + 'static)) -> ErrorType {
    ErrorType::from_error_with(error, super::hyper_util::of_connector)
}
