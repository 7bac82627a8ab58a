//! What the kernel tells of a TCP connection.
//!
//! | metric | instrument, unit | what it is |
//! |---|---|---|
//! | `transport.server.tcp.rtt` | histogram, `s` | the time to the peer and back, smoothed |
//! | `transport.server.tcp.retransmits` | counter, `{segment}` | segments that were sent again |
//! | `transport.server.tcp.unacked` | histogram, `{segment}` | segments that wait for their acknowledgement |
//! | `transport.server.tcp.delivery_rate` | histogram, `By/s` | the rate at which data has reached the peer lately |
//!
//! Connections that were dialled have the same under `transport.client.tcp.`. The attributes are those of the
//! connection's other metrics. The names are our own, as no convention has any.
//!
//! The histograms are samples: before a collection [`sampler::Sampler::LIMIT`] connections are asked, or all if there are
//! fewer, and each once at its end. So their counts are not those of connections. The counter has every segment of a
//! connection that was asked at its end, and of an open one as many as when it was asked last. What was not measured yet,
//! or what an older kernel does not tell, gives no value.

use std::any::Any;
use std::mem::offset_of;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::Duration;

use tokio::net::TcpStream;

mod kernel;
pub(crate) mod metrics;
pub(crate) mod sampler;

use kernel::Layout;

/// What the Linux kernel tells of a TCP connection at one moment: `TCP_INFO`, in part.
///
/// For a log line or a span; the metrics come by themselves. Reading it is one system call, which takes the lock of the
/// socket for a moment.
///
/// ```
/// use std::net::{TcpListener, TcpStream};
/// use telemetry_net::TcpInfo;
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let stream = TcpStream::connect(listener.local_addr()?)?;
/// let info = TcpInfo::of(&stream).expect("a connection");
/// assert_eq!(info.total_retrans, 0);
/// assert!(TcpInfo::of(&listener).is_none());
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpInfo {
    /// The time to the peer and back, smoothed. `None` before the first was measured.
    pub rtt: Option<Duration>,
    /// How far that time varies, smoothed. `None` before the first was measured.
    pub rttvar: Option<Duration>,
    /// The shortest time to the peer and back, of the last minutes. `None` before the first was measured, and before
    /// Linux 4.6.
    pub min_rtt: Option<Duration>,
    /// Segments that were sent and not acknowledged yet.
    pub unacked: u32,
    /// Segments of these that the kernel takes for lost.
    pub lost: u32,
    /// How many times in a row the timer has run out by now; 0 as soon as an acknowledgement comes.
    pub retransmits: u32,
    /// Segments that were sent again since the connection was opened, those of the handshake included.
    pub total_retrans: u32,
    /// Bytes that were sent again. `None` before Linux 4.19.
    pub bytes_retrans: Option<u64>,
    /// Bytes in a second that reached the peer lately, as far as there was enough to send. `None` before the first was
    /// measured, and before Linux 4.9.
    pub delivery_rate: Option<u64>,
}

/// The state of a socket that listens, in the kernel's count. Its fields mean something else then.
const LISTEN: u8 = 10;

/// What the kernel has in place of a shortest time that was never measured.
const NEVER: u32 = u32::MAX;

/// Whether the kernel has filled a field.
macro_rules! filled {
    ($layout:ident . $field:ident, $len:ident) => {
        (offset_of!(Layout, $field) + size_of_val(&$layout.$field) <= $len).then_some($layout.$field)
    };
}

impl TcpInfo {
    /// Asks the kernel. `None` if this is no TCP connection.
    pub fn of(socket: impl AsFd) -> Option<Self> {
        Self::read(socket.as_fd().as_raw_fd())
    }

    /// Asks for the socket with this number, which the caller knows to be open: the number of one that was closed may be
    /// another socket's by now.
    pub(crate) fn read(fd: RawFd) -> Option<Self> {
        let (layout, len) = kernel::read(fd)?;
        Self::from_layout(&layout, len)
    }

    fn from_layout(layout: &Layout, len: usize) -> Option<Self> {
        // No kernel that Rust runs on gives less than this.
        let total_retrans = filled!(layout.total_retrans, len)?;
        if layout.state == LISTEN {
            return None;
        }
        let measured = |micros: &u32| *micros > 0;
        let rtt = Some(layout.rtt).filter(measured);
        Some(Self {
            rtt: rtt.map(micros),
            rttvar: rtt.map(|_| micros(layout.rttvar)),
            min_rtt: filled!(layout.min_rtt, len).filter(|&min| measured(&min) && min != NEVER).map(micros),
            unacked: layout.unacked,
            lost: layout.lost,
            retransmits: layout.retransmits.into(),
            total_retrans,
            bytes_retrans: filled!(layout.bytes_retrans, len),
            delivery_rate: filled!(layout.delivery_rate, len).filter(|&rate| rate > 0),
        })
    }
}

/// The socket of a stream whose type is known to have one that may be TCP.
pub(crate) fn socket<IO: 'static>(stream: &IO) -> Option<RawFd> {
    let stream: &dyn Any = stream;
    stream.downcast_ref::<TcpStream>().map(AsRawFd::as_raw_fd)
}

fn micros(micros: u32) -> Duration {
    Duration::from_micros(micros.into())
}

#[cfg(test)]
mod tests;
