//! Against the kernel of this machine, over loopback.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::thread;
use std::time::Instant;

use socket2::{SockFilter, SockRef};

use super::*;

mod recording;

/// Far more than the kernel takes for anything here.
const LIMIT: Duration = Duration::from_secs(20);

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

/// Sends something there and back.
fn talk(client: &mut TcpStream, server: &mut TcpStream) {
    let mut buf = vec![0; 50_000];
    for _ in 0..3 {
        client.write_all(&buf).unwrap();
        server.read_exact(&mut buf).unwrap();
        server.write_all(b"ok").unwrap();
        client.read_exact(&mut [0; 2]).unwrap();
    }
}

/// Makes the kernel drop what comes for this socket: a filter that keeps nothing.
fn go_deaf(socket: &TcpStream) {
    const RETURN: u16 = 0x06;
    SockRef::from(socket).attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)]).unwrap();
}

fn hear_again(socket: &TcpStream) {
    SockRef::from(socket).detach_filter().unwrap();
}

fn until(socket: &TcpStream, is: impl Fn(&TcpInfo) -> bool) -> TcpInfo {
    let begin = Instant::now();
    loop {
        let info = TcpInfo::of(socket).unwrap();
        if is(&info) {
            return info;
        }
        assert!(begin.elapsed() < LIMIT, "{info:?}");
        thread::yield_now();
    }
}

#[test]
fn a_connection_with_traffic_has_times_and_a_rate() {
    let (mut client, mut server) = pair();
    talk(&mut client, &mut server);
    for socket in [&client, &server] {
        let info = until(socket, |info| info.unacked == 0);
        let [rtt, min_rtt] = [info.rtt, info.min_rtt].map(Option::unwrap);
        assert!(rtt > Duration::ZERO && rtt < LIMIT, "{info:?}");
        assert!(min_rtt > Duration::ZERO && min_rtt <= rtt, "{info:?}");
        assert!(info.delivery_rate.unwrap() > 1000, "{info:?}");
        assert_eq!((info.lost, info.retransmits, info.total_retrans, info.bytes_retrans), (0, 0, 0, Some(0)));
    }
}

#[test]
fn what_is_no_tcp_connection_has_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (unix, _other) = UnixStream::pair().unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    assert_eq!(TcpInfo::of(&listener), None);
    assert_eq!(TcpInfo::of(&unix), None);
    assert_eq!(TcpInfo::of(&udp), None);
    assert_eq!(TcpInfo::of(File::open("/dev/null").unwrap()), None);
    for fd in [-1, RawFd::MAX] {
        assert_eq!(TcpInfo::read(fd), None);
    }
}

#[test]
fn a_connection_that_has_ended_tells_still() {
    let (mut client, mut server) = pair();
    talk(&mut client, &mut server);
    let rtt = TcpInfo::of(&client).unwrap().rtt;
    drop(server);
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
    client.shutdown(Shutdown::Both).unwrap();
    assert!(TcpInfo::of(&client).unwrap().rtt.is_some(), "{rtt:?}");
}

#[test]
fn what_an_older_kernel_does_not_fill_is_absent() {
    let (mut client, mut server) = pair();
    talk(&mut client, &mut server);
    let (mut layout, whole) = kernel::read(client.as_raw_fd()).unwrap();
    let read = |len| TcpInfo::from_layout(&layout, len);
    assert_eq!(read(103), None);
    // Linux 3.2, 4.6, 4.9 and 4.19, in bytes.
    let rows = [(104, [false; 3]), (152, [true, false, false]), (192, [true, true, false]), (216, [true; 3])];
    for (len, there) in rows {
        let info = read(len).unwrap();
        assert_eq!([info.min_rtt.is_some(), info.delivery_rate.is_some(), info.bytes_retrans.is_some()], there);
        assert!(info.rtt.is_some() && info.rttvar.is_some());
    }
    assert!(whole >= 216);
    // What was never measured is not measured as nothing.
    (layout.rtt, layout.rttvar, layout.min_rtt, layout.delivery_rate) = (0, 250_000, NEVER, 0);
    let fresh = TcpInfo::from_layout(&layout, whole).unwrap();
    assert_eq!((fresh.rtt, fresh.rttvar, fresh.min_rtt, fresh.delivery_rate), (None, None, None, None));
}

#[test]
fn a_peer_that_hears_nothing_shows_as_segments_sent_again() {
    let (mut client, mut server) = pair();
    talk(&mut client, &mut server);
    go_deaf(&server);
    client.write_all(&[7; 100]).unwrap();
    let info = until(&client, |info| info.total_retrans >= 2);
    assert_eq!(info.unacked, 1, "{info:?}");
    assert!(info.bytes_retrans.unwrap() >= 200, "{info:?}");
    until(&client, |info| info.lost == 1 && info.retransmits > 0);
    hear_again(&server);
    server.read_exact(&mut [0; 100]).unwrap();
    let info = until(&client, |info| info.unacked == 0);
    assert_eq!((info.lost, info.retransmits), (0, 0));
    assert!(info.total_retrans >= 2);
}

#[test]
fn ss_tells_the_same() {
    let (mut client, mut server) = pair();
    talk(&mut client, &mut server);
    go_deaf(&server);
    client.write_all(&[7; 100]).unwrap();
    let ports = [client.local_addr(), client.peer_addr()].map(|address| format!(":{}", address.unwrap().port()));
    let [from, to] = &ports;
    let ask = || Command::new("ss").args(["-tinHO", "sport", "=", from, "and", "dport", "=", to]).output();
    // Until nothing happens while ss runs.
    let (info, told) = loop {
        let info = until(&client, |info| info.lost > 0 && info.total_retrans >= 3);
        let Ok(output) = ask() else { return }; // There is no ss here.
        if TcpInfo::of(&client) == Some(info) {
            break (info, String::from_utf8(output.stdout).unwrap());
        }
    };
    let time = |millis: &str| Some(Duration::from_secs_f64(millis.parse::<f64>().unwrap() / 1e3));
    let number = |text: &str| text.parse::<f64>().unwrap();
    let word = |name: &str| {
        told.split_whitespace().find_map(|word| word.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {told}"))
    };
    let (rtt, rttvar) = word("rtt:").split_once('/').unwrap();
    assert_eq!([time(rtt), time(rttvar)], [info.rtt, info.rttvar], "{told}");
    assert_eq!(time(word("minrtt:")), info.min_rtt, "{told}");
    assert_eq!(number(word("unacked:")), f64::from(info.unacked), "{told}");
    assert_eq!(number(word("lost:")), f64::from(info.lost), "{told}");
    assert_eq!(word("retrans:").split_once('/').unwrap().1, info.total_retrans.to_string(), "{told}");
    assert_eq!(word("bytes_retrans:"), info.bytes_retrans.unwrap().to_string(), "{told}");
    let rate = told.split_once("delivery_rate ").and_then(|(_, rest)| rest.split_once("bps")).unwrap().0;
    assert_eq!(number(rate), 8.0 * info.delivery_rate.unwrap() as f64, "{told}");
}

#[test]
fn only_a_tcp_stream_has_a_socket_to_ask() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _inside = runtime.enter();
    let (client, _server) = pair();
    client.set_nonblocking(true).unwrap();
    let stream = tokio::net::TcpStream::from_std(client).unwrap();
    assert_eq!(socket(&stream), Some(stream.as_raw_fd()));
    assert!(TcpInfo::read(socket(&stream).unwrap()).is_some());
    assert_eq!(socket(&tokio::io::empty()), None);
    assert_eq!(socket(&tokio::net::UnixStream::pair().unwrap().0), None);
}
