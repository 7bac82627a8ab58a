//! What becomes of the kernel's numbers.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU32, Ordering};

use telemetry_core::ScopedMeter;
use telemetry_core::bound::{BoundCounter, BoundHistogram};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::{Counter, Histogram};
use telemetry_core::semconv::{Metric, metric};

use super::TcpInfo;

/// The instruments of one side.
#[derive(Debug)]
pub(crate) struct TcpMetrics {
    rtt: Histogram<f64>,
    retransmits: Counter<u64>,
    unacked: Histogram<u64>,
    delivery_rate: Histogram<u64>,
}

impl TcpMetrics {
    /// For connections that were accepted.
    pub(crate) fn server(meter: &ScopedMeter) -> Self {
        Self::new(
            meter,
            [
                &metric::TRANSPORT_SERVER_TCP_RTT,
                &metric::TRANSPORT_SERVER_TCP_RETRANSMITS,
                &metric::TRANSPORT_SERVER_TCP_UNACKED,
                &metric::TRANSPORT_SERVER_TCP_DELIVERY_RATE,
            ],
        )
    }

    /// For connections that were dialled.
    pub(crate) fn client(meter: &ScopedMeter) -> Self {
        Self::new(
            meter,
            [
                &metric::TRANSPORT_CLIENT_TCP_RTT,
                &metric::TRANSPORT_CLIENT_TCP_RETRANSMITS,
                &metric::TRANSPORT_CLIENT_TCP_UNACKED,
                &metric::TRANSPORT_CLIENT_TCP_DELIVERY_RATE,
            ],
        )
    }

    fn new(meter: &ScopedMeter, [rtt, retransmits, unacked, delivery_rate]: [&Metric; 4]) -> Self {
        Self {
            rtt: meter.f64_histogram(rtt),
            retransmits: meter.u64_counter(retransmits),
            unacked: meter.u64_histogram(unacked),
            delivery_rate: meter.u64_histogram(delivery_rate),
        }
    }

    /// The instruments for connections with the same attributes.
    pub(crate) fn series(&self) -> TcpSeries {
        TcpSeries {
            rtt: BoundHistogram::new(self.rtt.clone()),
            retransmits: BoundCounter::new(self.retransmits.clone()),
            unacked: BoundHistogram::new(self.unacked.clone()),
            delivery_rate: BoundHistogram::new(self.delivery_rate.clone()),
        }
    }
}

/// The instruments of one series. Its attributes are those of the connection's other metrics, and the same each time.
#[derive(Debug)]
pub(crate) struct TcpSeries {
    rtt: BoundHistogram<f64>,
    retransmits: BoundCounter<u64>,
    unacked: BoundHistogram<u64>,
    delivery_rate: BoundHistogram<u64>,
}

impl TcpSeries {
    /// Takes one sample of a connection: one system call, no allocation. What is no TCP socket gives none.
    ///
    /// `fd` must be open still, and `reported` is the connection's own, 0 from the start. Two threads may sample one
    /// connection at once.
    pub(crate) fn observe(&self, fd: RawFd, reported: &AtomicU32, attributes: &[KeyValue]) {
        if let Some(info) = TcpInfo::read(fd) {
            self.record(&info, reported, attributes);
        }
    }

    pub(super) fn record(&self, info: &TcpInfo, reported: &AtomicU32, attributes: &[KeyValue]) {
        if let Some(rtt) = info.rtt {
            self.rtt.record(rtt.as_secs_f64(), attributes);
        }
        // Who has looked earlier and comes later adds nothing, and takes nothing back. A count of zero is shown as well:
        // the rate of a counter that begins with its first value lacks that one.
        let before = reported.fetch_max(info.total_retrans, Ordering::Relaxed);
        self.retransmits.add(info.total_retrans.saturating_sub(before).into(), attributes);
        self.unacked.record(info.unacked.into(), attributes);
        if let Some(rate) = info.delivery_rate {
            self.delivery_rate.record(rate, attributes);
        }
    }
}
