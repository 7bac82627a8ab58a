//! What a layer was told, and what all its connections share.

use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use telemetry_core::bound::{Buffered, Local};
use telemetry_core::opentelemetry::metrics::Meter;
use telemetry_core::{AttributesFactory, ConnectionInfo, MeterOptions, Transport};

use crate::MeteredStream;
use crate::connection::Connection;
use crate::kernel::{self, Socket};
use crate::recorder::Recorder;
use crate::series::{Places, SeriesKey, Server};

/// So many sets of attributes have series of their own, unless set otherwise. Half of what the SDK allows a metric, since
/// bytes have two series each.
const SERIES_LIMIT: usize = 1000;

/// For so long nothing has to move on a connection that is idle, unless set otherwise.
const IDLE_AFTER: Duration = Duration::from_secs(60);

/// Whose connections: those that were accepted, or those that were dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) side: Side,
    pub(crate) options: MeterOptions,
    pub(crate) attributes: AttributesFactory,
    pub(crate) transport: Transport,
    pub(crate) series_limit: usize,
    pub(crate) idle_after: Duration,
    #[cfg_attr(
        not(all(feature = "tcp-info", any(target_os = "linux", target_os = "android"))),
        expect(dead_code, reason = "nobody is asked")
    )]
    pub(crate) tcp_info_limit: usize,
}

/// The settings with the instruments that are made when the first connection needs them. Clones share these.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    recorder: OnceLock<Buffered<Recorder>>,
}

impl Shared {
    pub(crate) fn new(side: Side) -> Self {
        Self::from_settings(Settings {
            side,
            options: MeterOptions::default(),
            attributes: AttributesFactory::none(),
            transport: Transport::Tcp,
            series_limit: SERIES_LIMIT,
            idle_after: IDLE_AFTER,
            tcp_info_limit: kernel::LIMIT,
        })
    }

    pub(crate) fn with_options(side: Side, options: MeterOptions) -> Self {
        Self::new(side).change(|settings| settings.options = options)
    }

    pub(crate) fn with_meter(side: Side, meter: Meter) -> Self {
        Self::with_options(side, MeterOptions::default().with_meter(meter))
    }

    fn from_settings(settings: Settings) -> Self {
        Self(Arc::new(Inner { settings, recorder: OnceLock::new() }))
    }

    /// Clones keep what they have: the change gets a new place for instruments too.
    #[must_use]
    pub(crate) fn change(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.0.settings.clone();
        change(&mut settings);
        Self::from_settings(settings)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn recorder(&self) -> &Buffered<Recorder> {
        self.0.recorder.get_or_init(|| Recorder::buffered(&self.0.settings))
    }

    /// Opens the count of a connection that there is since some moment. See [`series_of`](Self::series_of).
    pub(crate) fn meter<IO: 'static>(
        &self,
        stream: IO,
        since: Instant,
        info: ConnectionInfo,
        server: Option<Server<'_>>,
        places: Option<&Places>,
    ) -> MeteredStream<IO> {
        let recorder = self.recorder().local();
        let series = self.series_of(recorder, &info, server, places);
        metered(recorder, series, stream, since, info)
    }

    /// The place of the series of a connection. `places` are those of the same server, if somebody has kept them.
    pub(crate) fn series_of(
        &self,
        recorder: &Recorder,
        info: &ConnectionInfo,
        server: Option<Server<'_>>,
        places: Option<&Places>,
    ) -> u32 {
        let attributes = &self.settings().attributes;
        let mut key = SeriesKey { transport: info.transport(), network_type: info.network_type(), server, own: &[] };
        // A function that panics while a panic goes on would end the process.
        if !attributes.needs_extensions() || thread::panicking() {
            let find = || recorder.series_of(&key);
            let places = if server.is_none() { Some(&recorder.unnamed) } else { places };
            return places.map_or_else(find, |places| places.get_or(key.transport, key.network_type, find));
        }
        let mut extensions = http::Extensions::new();
        extensions.insert(info.clone());
        let own = attributes.attributes(&extensions);
        key.own = &own;
        recorder.series_of(&key)
    }
}

/// Opens the count of a connection whose series is known.
pub(crate) fn metered<IO: 'static>(
    recorder: &Local<Recorder>,
    series: u32,
    stream: IO,
    since: Instant,
    info: ConnectionInfo,
) -> MeteredStream<IO> {
    let connection = Connection::open(recorder.clone(), since, series, info, Socket::of(&stream));
    MeteredStream::new(stream, connection)
}

/// The options that both sides have.
macro_rules! common_options {
    () => {
        /// Takes the instruments from the global meter provider. Set that one first: see
        /// [`MeterSource::Global`](telemetry_core::MeterSource::Global).
        #[must_use]
        pub fn new() -> Self {
            Self { shared: Shared::new(Self::SIDE) }
        }

        /// Takes the instruments from the given meter, with whatever scope it has.
        #[must_use]
        pub fn with_meter(meter: Meter) -> Self {
            Self { shared: Shared::with_meter(Self::SIDE, meter) }
        }

        /// Takes provider, prefix and fixed attributes from the given options.
        #[must_use]
        pub fn custom(options: MeterOptions) -> Self {
            Self { shared: Shared::with_options(Self::SIDE, options) }
        }

        /// Adds the caller's own attributes to all metrics of a connection. A function gets extensions that hold the
        /// [`ConnectionInfo`], once for each connection, before anything is counted. It is not asked while a panic goes
        /// on.
        ///
        /// They win over [`MeterOptions::attributes`] of the same name. The names that the layer may set itself are left
        /// out: `error.type`, `network.io.direction`, `network.protocol.name`, `network.protocol.version`,
        /// `network.transport`, `network.type`, `tls.protocol.version`, `tls.resumed` and `transport.close.reason`; so
        /// are `server.address` and `server.port` where the layer knows them. A second call replaces what the first one
        /// gave.
        ///
        /// ```
        /// use telemetry_core::opentelemetry::KeyValue;
        /// use telemetry_core::{Address, AttributesFactory, ConnectionInfo};
        /// use telemetry_net::NetworkMetricsLayer;
        ///
        /// // One of two values: a peer's address would be one of very many.
        /// let layer = NetworkMetricsLayer::new().with_attributes(AttributesFactory::from_fn(|extensions| {
        ///     let peer = extensions.get::<ConnectionInfo>().and_then(|info| info.peer()?.ip());
        ///     peer.map(|ip| KeyValue::new("shop.peer.local", ip.is_loopback())).into_iter().collect()
        /// }));
        /// # let _ = layer;
        /// ```
        #[must_use]
        pub fn with_attributes(self, attributes: impl Into<AttributesFactory>) -> Self {
            Self { shared: self.shared.change(|settings| settings.attributes = attributes.into()) }
        }

        /// Sets the transport of streams whose type does not tell it; TCP if this is not called.
        ///
        /// Tokio's `TcpStream`, `UnixStream` and `DuplexStream` tell it, whatever is set here. A TLS stream does not, but for
        /// those of tokio-rustls around a `TcpStream` or a `UnixStream`, with feature `rustls`: wrap the stream below it.
        #[must_use]
        pub fn with_transport(self, transport: Transport) -> Self {
            Self { shared: self.shared.change(|settings| settings.transport = transport) }
        }

        /// Sets how many sets of attributes have series of their own, 1000 unless this is called and never more than 2^20.
        /// All beyond are counted together, in series that have `otel.metric.overflow` in place of what tells them
        /// apart.
        #[must_use]
        pub fn with_series_limit(self, limit: usize) -> Self {
            Self { shared: self.shared.change(|settings| settings.series_limit = limit) }
        }

        /// Sets for how long nothing must have moved on a connection that counts as idle; a minute unless this is called.
        /// That is looked at when metrics are collected, and no more exactly than in whole seconds. With zero a connection is
        /// idle on which nothing has moved since the last collection.
        #[must_use]
        pub fn with_idle_after(self, idle: std::time::Duration) -> Self {
            Self { shared: self.shared.change(|settings| settings.idle_after = idle) }
        }

        /// Sets how many connections the kernel is asked about before a collection, 256 unless this is called: each is a
        /// system call of about a microsecond. If there are more they take turns. Each is asked about once more at its
        /// end, whatever is set here.
        #[cfg(all(feature = "tcp-info", any(target_os = "linux", target_os = "android")))]
        #[must_use]
        pub fn with_tcp_info_limit(self, connections: usize) -> Self {
            Self { shared: self.shared.change(|settings| settings.tcp_info_limit = connections) }
        }
    };
}

pub(crate) use common_options;
