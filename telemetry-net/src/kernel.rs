//! What the kernel tells of connections, joined with all else: with feature `tcp-info` and on a system that has it. Else
//! these are types without content, and nothing is asked.

#[cfg(all(feature = "tcp-info", any(target_os = "linux", target_os = "android")))]
mod view {
    use std::os::fd::RawFd;
    use std::sync::atomic::AtomicU32;

    use telemetry_core::ScopedMeter;
    use telemetry_core::bound::Stripes;
    use telemetry_core::opentelemetry::KeyValue;

    use crate::recorder::Recorder;
    use crate::settings::{Settings, Side};
    use crate::tcp_info::metrics::{TcpMetrics, TcpSeries};
    use crate::tcp_info::sampler::Sampler;

    /// The most connections that are asked before a collection, unless set otherwise.
    pub(crate) const LIMIT: usize = Sampler::LIMIT;

    /// No descriptor has this number.
    const NONE: RawFd = -1;

    /// The socket of a connection, if it is one of TCP.
    #[derive(Debug)]
    pub(crate) struct Socket {
        fd: RawFd,
        /// Segments sent again that are in the metrics by now.
        retransmitted: AtomicU32,
    }

    impl Socket {
        pub(crate) fn none() -> Self {
            Self { fd: NONE, retransmitted: AtomicU32::new(0) }
        }

        pub(crate) fn of<IO: 'static>(stream: &IO) -> Self {
            Self { fd: crate::tcp_info::socket(stream).unwrap_or(NONE), retransmitted: AtomicU32::new(0) }
        }
    }

    /// The instruments, and who is asked next.
    #[derive(Debug)]
    pub(crate) struct View {
        metrics: TcpMetrics,
        sampler: Sampler,
    }

    impl View {
        pub(crate) fn new(settings: &Settings, meter: &ScopedMeter) -> Self {
            let metrics = match settings.side {
                Side::Server => TcpMetrics::server(meter),
                Side::Client => TcpMetrics::client(meter),
            };
            Self { metrics, sampler: Sampler::with_limit(settings.tcp_info_limit) }
        }

        /// The instruments for one series.
        pub(crate) fn series(&self) -> Series {
            Series(self.metrics.series())
        }

        /// Asks for some of the connections that are open.
        pub(crate) fn sample(&self, recorder: &Recorder, stripes: &Stripes<Recorder>) {
            self.sampler.round(stripes.len(), |batch| {
                let asked = stripes.look(batch.stripe, |registry| {
                    for open in registry.iter().skip(batch.from).take(batch.most) {
                        let series = recorder.series(open.series());
                        series.kernel.observe(&open.socket, &series.attributes);
                    }
                    registry.len()
                });
                asked.unwrap_or(0)
            });
        }
    }

    /// The instruments of one series.
    #[derive(Debug)]
    pub(crate) struct Series(TcpSeries);

    impl Series {
        /// Asks for one connection, whose stream must be there still.
        pub(crate) fn observe(&self, socket: &Socket, attributes: &[KeyValue]) {
            if socket.fd != NONE {
                self.0.observe(socket.fd, &socket.retransmitted, attributes);
            }
        }
    }
}

#[cfg(not(all(feature = "tcp-info", any(target_os = "linux", target_os = "android"))))]
mod view {
    use telemetry_core::ScopedMeter;
    use telemetry_core::bound::Stripes;
    use telemetry_core::opentelemetry::KeyValue;

    use crate::recorder::Recorder;
    use crate::settings::Settings;

    pub(crate) const LIMIT: usize = 0;

    #[derive(Debug)]
    pub(crate) struct Socket;

    impl Socket {
        pub(crate) fn none() -> Self {
            Self
        }

        pub(crate) fn of<IO: 'static>(_: &IO) -> Self {
            Self
        }
    }

    #[derive(Debug)]
    pub(crate) struct View;

    impl View {
        pub(crate) fn new(_: &Settings, _: &ScopedMeter) -> Self {
            Self
        }

        pub(crate) fn series(&self) -> Series {
            Series
        }

        pub(crate) fn sample(&self, _: &Recorder, _: &Stripes<Recorder>) {}
    }

    #[derive(Debug)]
    pub(crate) struct Series;

    impl Series {
        pub(crate) fn observe(&self, _: &Socket, _: &[KeyValue]) {}
    }
}

pub(crate) use view::{LIMIT, Series, Socket, View};
