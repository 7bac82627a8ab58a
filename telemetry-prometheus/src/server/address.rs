//! Where to listen: from code or from the environment.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use tokio::net::lookup_host;

const HOST_VARIABLE: &str = "OTEL_EXPORTER_PROMETHEUS_HOST";
const PORT_VARIABLE: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";

const DEFAULT_HOST: &str = "localhost";
const DEFAULT_PORT: u16 = 9464;

/// Host and port of a [`MetricsServer`](crate::MetricsServer); `localhost:9464` by default.
///
/// ```
/// use telemetry_prometheus::MetricsAddress;
///
/// assert_eq!(MetricsAddress::default().to_string(), "localhost:9464");
/// assert_eq!(MetricsAddress::default().with_host("0.0.0.0").to_string(), "0.0.0.0:9464");
/// assert_eq!(MetricsAddress::from("[::1]:9100").to_string(), "[::1]:9100");
/// assert_eq!(MetricsAddress::from(([127, 0, 0, 1], 9100)).to_string(), "127.0.0.1:9100");
/// ```
///
/// Text without a port means the default one. Text that is no address becomes an error when it is served.
#[derive(Clone, Debug)]
pub struct MetricsAddress {
    host: Host,
    port: u16,
}

#[derive(Clone, Debug)]
enum Host {
    /// The port is of no meaning. The type is this one because of the scope that a link-local address has.
    Ip(SocketAddr),
    Name {
        name: String,
        is_from_env: bool,
    },
}

impl MetricsAddress {
    /// Reads `OTEL_EXPORTER_PROMETHEUS_HOST` and `OTEL_EXPORTER_PROMETHEUS_PORT`. What is not set or empty has its
    /// default, and so has a value that makes no sense, with a warning in the log.
    ///
    /// What is set in code afterwards wins:
    ///
    /// ```
    /// use telemetry_prometheus::MetricsAddress;
    ///
    /// let address = MetricsAddress::from_env().with_host("0.0.0.0");
    /// # drop(address);
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_lookup(|variable| std::env::var_os(variable))
    }

    pub(super) fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |variable| lookup(variable).filter(|value| !value.is_empty());
        let host = set(HOST_VARIABLE).and_then(|value| {
            let text = value.into_string();
            text.map_err(|value| tracing::warn!("{HOST_VARIABLE}={value:?} is no text: it is {DEFAULT_HOST}")).ok()
        });
        let port = set(PORT_VARIABLE).and_then(|value| {
            let port = value.to_str().and_then(|text| text.parse().ok());
            if port.is_none() {
                tracing::warn!("{PORT_VARIABLE}={value:?} is no port from 0 to 65535: it is {DEFAULT_PORT}");
            }
            port
        });
        Self {
            host: Host::parse(host.as_deref().unwrap_or(DEFAULT_HOST), host.is_some()),
            port: port.unwrap_or(DEFAULT_PORT),
        }
    }

    /// Takes this host, a name or an IP address.
    #[must_use]
    pub fn with_host(mut self, host: impl AsRef<str>) -> Self {
        self.host = Host::parse(host.as_ref(), false);
        self
    }

    /// Takes this port; 0 is any that is free.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// All addresses to listen on.
    pub(super) async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let (name, variable) = match &self.host {
            Host::Ip(address) => {
                let mut address = *address;
                address.set_port(self.port);
                return Ok(vec![address]);
            }
            Host::Name { name, is_from_env: true } => (name, format!(" of {HOST_VARIABLE}")),
            Host::Name { name, is_from_env: false } => (name, String::new()),
        };
        // The name has this meaning everywhere (RFC 6761), and some machines know only half of it.
        if name.eq_ignore_ascii_case("localhost") {
            let ips: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Ok(ips.map(|ip| SocketAddr::new(ip, self.port)).into());
        }
        if name.is_empty() || name.contains(':') {
            let text = format!("the address {name:?}{variable} is not a host, or a host and a port up to 65535");
            return Err(io::Error::new(ErrorKind::InvalidInput, text));
        }
        let found = lookup_host((name.as_str(), self.port)).await;
        found.map(Iterator::collect).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot resolve the host {name:?}{variable}: {error}"))
        })
    }
}

impl Host {
    fn parse(text: &str, is_from_env: bool) -> Self {
        let unbracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        match unbracketed.parse::<IpAddr>() {
            Ok(ip) => Self::Ip(SocketAddr::new(ip, 0)),
            Err(_) => Self::Name { name: text.to_owned(), is_from_env },
        }
    }
}

impl Default for MetricsAddress {
    fn default() -> Self {
        Self { host: Host::parse(DEFAULT_HOST, false), port: DEFAULT_PORT }
    }
}

impl From<SocketAddr> for MetricsAddress {
    fn from(address: SocketAddr) -> Self {
        Self { host: Host::Ip(address), port: address.port() }
    }
}

/// For pairs of an IP address, in whatever form, and a port.
macro_rules! from_ip_and_port {
    ($($ip:ty),*) => {
        $(impl From<($ip, u16)> for MetricsAddress {
            fn from(address: ($ip, u16)) -> Self {
                SocketAddr::from(address).into()
            }
        })*
    };
}

from_ip_and_port!(IpAddr, Ipv4Addr, Ipv6Addr, [u8; 4]);

impl From<(&str, u16)> for MetricsAddress {
    fn from((host, port): (&str, u16)) -> Self {
        Self::default().with_host(host).with_port(port)
    }
}

impl From<&str> for MetricsAddress {
    fn from(text: &str) -> Self {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return address.into();
        }
        let host = Host::parse(text, false);
        if let Host::Name { name, .. } = &host
            && let Some((name, port)) = name.rsplit_once(':')
            && let Ok(port) = port.parse()
        {
            return Self { host: Host::parse(name, false), port };
        }
        Self { host, port: DEFAULT_PORT }
    }
}

/// Never fails: text that is no address is an error when the server starts.
impl FromStr for MetricsAddress {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl From<String> for MetricsAddress {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl fmt::Display for MetricsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(address) => {
                let mut address = *address;
                address.set_port(self.port);
                write!(f, "{address}")
            }
            Host::Name { name, .. } => write!(f, "{name}:{}", self.port),
        }
    }
}
