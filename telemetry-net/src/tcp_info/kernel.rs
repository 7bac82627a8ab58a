//! The one system call that no safe crate offers: `getsockopt` for `TCP_INFO`.

use std::mem::{offset_of, size_of};
use std::os::fd::RawFd;

/// What the kernel calls `struct tcp_info`, as far as it is of use here: a kernel gives as much of its own as there is
/// room for, and new fields only come at the end. What has no name here is there for the place that it takes.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Layout {
    pub(super) state: u8,
    _congestion_state: u8,
    pub(super) retransmits: u8,
    _probes_to_flags: [u8; 5],
    _rto_to_rcv_mss: [u32; 4],
    pub(super) unacked: u32,
    _sacked: u32,
    pub(super) lost: u32,
    _retrans_to_rcv_ssthresh: [u32; 8],
    pub(super) rtt: u32,
    pub(super) rttvar: u32,
    _snd_ssthresh_to_rcv_space: [u32; 6],
    pub(super) total_retrans: u32,
    _pacing_rate_to_bytes_received: [u64; 4],
    _segs_out_to_notsent_bytes: [u32; 3],
    pub(super) min_rtt: u32,
    _data_segs: [u32; 2],
    pub(super) delivery_rate: u64,
    _busy_time_to_sndbuf_limited: [u64; 3],
    _delivered: [u32; 2],
    _bytes_sent: u64,
    pub(super) bytes_retrans: u64,
}

// The kernel's offsets. Nothing is padded: all systems have the same.
const _: () = assert!(
    offset_of!(Layout, unacked) == 24
        && offset_of!(Layout, lost) == 32
        && offset_of!(Layout, rtt) == 68
        && offset_of!(Layout, total_retrans) == 100
        && offset_of!(Layout, min_rtt) == 148
        && offset_of!(Layout, delivery_rate) == 160
        && offset_of!(Layout, bytes_retrans) == 208
        && size_of::<Layout>() == 216
);

/// The fields, and how many bytes of them the kernel has filled. The rest is zero.
///
/// `None` for what is no TCP socket, or no socket, or not open. An `fd` that has been closed and given to another socket
/// meanwhile is read as that one.
pub(super) fn read(fd: RawFd) -> Option<(Layout, usize)> {
    let mut layout = Layout::default();
    let mut len = size_of::<Layout>() as libc::socklen_t;
    (get(fd, &mut layout, &mut len) == 0).then_some((layout, len as usize))
}

#[allow(unsafe_code)]
fn get(fd: RawFd, layout: &mut Layout, len: &mut libc::socklen_t) -> libc::c_int {
    // The room is the caller's, and the kernel writes no further than it has been told that it goes.
    *len = (*len).min(size_of::<Layout>() as libc::socklen_t);
    let room: *mut Layout = layout;
    // SAFETY: `room` and `len` come from exclusive references that live on beyond the call. At `room` there are `*len`
    // bytes or more, and any bytes make a valid `Layout`, which is integers without padding. A number that is no open
    // descriptor makes the call fail and does no harm; it changes nothing of any socket either.
    unsafe { libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, room.cast(), len) }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;

    use super::*;

    /// libc's definition for glibc has grown with the kernel's. It says nothing of what an older kernel leaves out.
    #[test]
    #[cfg(target_env = "gnu")]
    fn the_offsets_are_those_of_libc() {
        macro_rules! offsets {
            ($($ours:ident: $theirs:ident),+ $(,)?) => {
                [$((offset_of!(Layout, $ours), offset_of!(libc::tcp_info, $theirs))),+]
            };
        }
        let offsets = offsets![
            state: tcpi_state,
            retransmits: tcpi_retransmits,
            unacked: tcpi_unacked,
            lost: tcpi_lost,
            rtt: tcpi_rtt,
            rttvar: tcpi_rttvar,
            total_retrans: tcpi_total_retrans,
            min_rtt: tcpi_min_rtt,
            delivery_rate: tcpi_delivery_rate,
            bytes_retrans: tcpi_bytes_retrans,
        ];
        for (ours, theirs) in offsets {
            assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn the_kernel_gives_no_more_than_there_is_room_for() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let size = size_of::<Layout>();
        for (asked, told) in [(104, 104), (size, size), (size + 64, size)] {
            let (mut layout, mut len) = (Layout::default(), asked as libc::socklen_t);
            assert_eq!(get(stream.as_raw_fd(), &mut layout, &mut len), 0);
            assert_eq!(len as usize, told);
            assert!(layout.rtt > 0);
            assert_eq!(layout.delivery_rate > 0 || layout.min_rtt > 0, told == size);
        }
    }
}
