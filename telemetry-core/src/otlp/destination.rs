//! Where a signal goes, and how.

use std::time::Duration;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Uri};

use super::headers;
use super::tls::{self, Tls};
use crate::settings::Settings;
use crate::signal::Signal;

/// The time that the specification gives an export.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How OTLP travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtlpProtocol {
    /// Protocol buffers in HTTP requests, port 4318 by default. The default.
    HttpProtobuf,
    /// gRPC, port 4317 by default.
    Grpc,
}

impl OtlpProtocol {
    /// As `OTEL_EXPORTER_OTLP_PROTOCOL` has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HttpProtobuf => "http/protobuf",
            Self::Grpc => "grpc",
        }
    }
}

/// All that an exporter needs to know.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    /// With a scheme, a host and a path.
    pub(super) uri: Uri,
    pub(super) protocol: OtlpProtocol,
    pub(super) headers: HeaderMap,
    pub(super) gzip: bool,
    /// For one export, all its attempts together.
    pub(super) timeout: Duration,
    pub(super) tls: Tls,
}

impl Destination {
    /// From `OTEL_EXPORTER_OTLP_*`; what is set for the signal alone goes before what is set for all.
    pub(super) fn read(settings: &Settings, signal: Signal) -> Self {
        let names = Names { signal };
        let protocol = protocol(settings, &names);
        let compression = [("gzip", true), ("none", false)];
        Self {
            uri: endpoint(settings, &names, protocol).unwrap_or_else(|| local(protocol, signal)),
            protocol,
            headers: names.first(settings, "HEADERS", |name| headers::read(settings, name)).unwrap_or_default(),
            gzip: names.first(settings, "COMPRESSION", |name| settings.choice(name, &compression)).unwrap_or(false),
            timeout: names.first(settings, "TIMEOUT", |name| settings.timeout(name)).unwrap_or(TIMEOUT),
            tls: tls::read(settings, &names),
        }
    }

    /// Whether somebody said where the signal goes. An endpoint that is none does not count.
    pub(super) fn is_named(settings: &Settings, signal: Signal) -> bool {
        let names = Names { signal };
        endpoint(settings, &names, protocol(settings, &names)).is_some()
    }

    /// The receiver without the path, and without a password that it may have.
    pub(super) fn receiver(&self) -> String {
        format!("{}://{}:{}", self.uri.scheme_str().unwrap_or_default(), self.host(), self.port())
    }

    pub(super) fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    pub(super) fn port(&self) -> u16 {
        let default = if self.uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
        self.uri.port_u16().unwrap_or(default)
    }
}

/// The two names that a variable has for a signal.
#[derive(Debug)]
pub(super) struct Names {
    signal: Signal,
}

impl Names {
    /// Asks for what is the signal's own, then for what all share.
    pub(super) fn first<T>(&self, settings: &Settings, variable: &str, ask: impl Fn(&str) -> Option<T>) -> Option<T> {
        settings.first([&self.own(variable), &shared(variable)], ask)
    }

    fn own(&self, variable: &str) -> String {
        format!("OTEL_EXPORTER_OTLP_{}_{variable}", self.signal.variable())
    }
}

fn shared(variable: &str) -> String {
    format!("OTEL_EXPORTER_OTLP_{variable}")
}

fn protocol(settings: &Settings, names: &Names) -> OtlpProtocol {
    let known = [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc].map(|protocol| (protocol.as_str(), protocol));
    let chosen = names.first(settings, "PROTOCOL", |name| settings.choice(name, &known));
    chosen.unwrap_or(OtlpProtocol::HttpProtobuf)
}

/// Over HTTP, the signal's own endpoint is taken as it is, and what all share gets a path for each signal. Over gRPC
/// the path is the service's, whatever the endpoint says.
fn endpoint(settings: &Settings, names: &Names, protocol: OtlpProtocol) -> Option<Uri> {
    let read = |expected: &str, parse: &dyn Fn(&str, &str) -> Option<Uri>| {
        names.first(settings, "ENDPOINT", |name| {
            // An endpoint may hold a password.
            let parsed = settings.parsed_secret(name, expected, |text| parse(name, text))?;
            if user(&parsed).is_some() {
                settings.warn(format!(
                    "{name}: user and password of a URL are not sent, OTEL_EXPORTER_OTLP_HEADERS is the place for an authorization"
                ));
            }
            Some(without_user(parsed))
        })
    };
    match protocol {
        OtlpProtocol::HttpProtobuf => {
            let own = names.own("ENDPOINT");
            read("a URL that begins with http:// or https://", &|name, text| {
                absolute(text, |uri| match name == own {
                    true => with_query(uri.path(), uri),
                    false => {
                        let path = format!("{}/{}", uri.path().trim_end_matches('/'), names.signal.http_path());
                        with_query(&path, uri)
                    }
                })
            })
        }
        OtlpProtocol::Grpc => {
            let insecure = || names.first(settings, "INSECURE", |name| settings.boolean(name));
            let scheme = |text: &str| match text.contains("://") {
                true => text.to_owned(),
                false if insecure() == Some(true) => format!("http://{text}"),
                false => format!("https://{text}"),
            };
            read("a URL that begins with http:// or https://, or host:port", &|_, text| {
                absolute(&scheme(text), |_| names.signal.grpc_path().to_owned())
            })
        }
    }
}

/// An `http` or `https` URL with its path and query changed.
fn absolute(text: &str, path: impl Fn(&Uri) -> String) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let known = uri.scheme().is_some_and(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
    let host = uri.host().filter(|host| known && !host.is_empty())?;
    // A port that is none would be no port.
    let authority = uri.authority()?.as_str();
    if uri.port_u16().is_none() && !authority.ends_with(host) {
        return None;
    }
    let path: PathAndQuery = path(&uri).parse().ok()?;
    let mut parts = uri.into_parts();
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).ok()
}

fn with_query(path: &str, uri: &Uri) -> String {
    match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}

fn user(uri: &Uri) -> Option<&str> {
    uri.authority()?.as_str().rsplit_once('@').map(|(user, _)| user)
}

/// HTTP/2 would send them as they are, to whoever reads along.
fn without_user(uri: Uri) -> Uri {
    let authority = uri.authority().and_then(|whole| whole.as_str().rsplit_once('@')?.1.parse().ok());
    if authority.is_none() {
        return uri;
    }
    let mut parts = uri.into_parts();
    parts.authority = authority;
    Uri::from_parts(parts).unwrap_or_default()
}

/// On this machine.
fn local(protocol: OtlpProtocol, signal: Signal) -> Uri {
    let (port, path) = match protocol {
        OtlpProtocol::HttpProtobuf => (4318, format!("/{}", signal.http_path())),
        OtlpProtocol::Grpc => (4317, signal.grpc_path().to_owned()),
    };
    let authority = Authority::try_from(format!("localhost:{port}")).ok();
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = authority;
    parts.path_and_query = PathAndQuery::try_from(path.as_str()).ok();
    Uri::from_parts(parts).unwrap_or_default()
}

#[cfg(test)]
mod tests;
