//! The instruments of one side.

use telemetry_core::ScopedMeter;
use telemetry_core::opentelemetry::metrics::{Counter, Histogram, UpDownCounter};
use telemetry_core::semconv::metric;

use crate::kernel::View;
use crate::settings::{Settings, Side};

#[derive(Debug)]
pub(crate) struct Instruments {
    pub(crate) active: UpDownCounter<i64>,
    pub(crate) duration: Histogram<f64>,
    pub(crate) io: Counter<u64>,
    pub(crate) idle: UpDownCounter<i64>,
    pub(crate) handshake: Histogram<f64>,
    pub(crate) handshakes: UpDownCounter<i64>,
    pub(crate) tls_io: Counter<u64>,
    pub(crate) kernel: View,
    /// What only one of the sides has.
    pub(crate) requests: Option<Histogram<u64>>,
    pub(crate) upgraded: Option<UpDownCounter<i64>>,
    pub(crate) rejected: Option<Counter<u64>>,
    pub(crate) accept_errors: Option<Counter<u64>>,
    pub(crate) connect: Option<Histogram<f64>>,
}

impl Instruments {
    pub(crate) fn new(settings: &Settings, meter: &ScopedMeter) -> Self {
        let kernel = View::new(settings, meter);
        match settings.side {
            Side::Server => Self {
                active: meter.i64_up_down_counter(&metric::TRANSPORT_SERVER_ACTIVE_CONNECTIONS),
                duration: meter.f64_histogram(&metric::TRANSPORT_SERVER_CONNECTION_DURATION),
                io: meter.u64_counter(&metric::TRANSPORT_SERVER_IO),
                idle: meter.i64_up_down_counter(&metric::TRANSPORT_SERVER_IDLE_CONNECTIONS),
                handshake: meter.f64_histogram(&metric::TRANSPORT_SERVER_TLS_HANDSHAKE_DURATION),
                handshakes: meter.i64_up_down_counter(&metric::TRANSPORT_SERVER_TLS_ACTIVE_HANDSHAKES),
                tls_io: meter.u64_counter(&metric::TRANSPORT_SERVER_TLS_IO),
                kernel,
                requests: Some(meter.u64_histogram(&metric::TRANSPORT_SERVER_CONNECTION_REQUESTS)),
                upgraded: Some(meter.i64_up_down_counter(&metric::TRANSPORT_SERVER_UPGRADED_CONNECTIONS)),
                rejected: Some(meter.u64_counter(&metric::TRANSPORT_SERVER_REJECTED_CONNECTIONS)),
                accept_errors: Some(meter.u64_counter(&metric::TRANSPORT_SERVER_ACCEPT_ERRORS)),
                connect: None,
            },
            Side::Client => Self {
                active: meter.i64_up_down_counter(&metric::TRANSPORT_CLIENT_ACTIVE_CONNECTIONS),
                duration: meter.f64_histogram(&metric::TRANSPORT_CLIENT_CONNECTION_DURATION),
                io: meter.u64_counter(&metric::TRANSPORT_CLIENT_IO),
                idle: meter.i64_up_down_counter(&metric::TRANSPORT_CLIENT_IDLE_CONNECTIONS),
                handshake: meter.f64_histogram(&metric::TRANSPORT_CLIENT_TLS_HANDSHAKE_DURATION),
                handshakes: meter.i64_up_down_counter(&metric::TRANSPORT_CLIENT_TLS_ACTIVE_HANDSHAKES),
                tls_io: meter.u64_counter(&metric::TRANSPORT_CLIENT_TLS_IO),
                kernel,
                requests: None,
                upgraded: None,
                rejected: None,
                accept_errors: None,
                connect: Some(meter.f64_histogram(&metric::TRANSPORT_CLIENT_CONNECT_DURATION)),
            },
        }
    }
}
