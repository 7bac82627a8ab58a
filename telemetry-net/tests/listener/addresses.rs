use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::Snapshot;
use telemetry_core::{Address, MeterOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::common::{ACTIVE, DURATION, IO, Metered};
use crate::script::{PEER, Script, Step, block_on};
use crate::{AGE, ERRORS, REJECTED};

#[tokio::test(flavor = "current_thread")]
async fn nt_06_nt_67_connections_have_the_listeners_address() {
    for (bind, address, network_type) in [
        ("127.0.0.1:0", "127.0.0.1", "ipv4"),
        ("0.0.0.0:0", "0.0.0.0", "ipv4"),
        ("[::1]:0", "::1", "ipv6"),
        ("[::ffff:127.0.0.1]:0", "127.0.0.1", "ipv4"),
    ] {
        let metered = Metered::new();
        let Ok(listener) = TcpListener::bind(bind).await else { continue }; // a machine without IPv6
        let mut at = listener.local_addr().unwrap();
        let port = at.port().to_string();
        let mut listener = metered.layer.listen(listener);
        assert_eq!(listener.local_address().unwrap(), at);
        if at.ip().is_unspecified() {
            at.set_ip([127, 0, 0, 1].into());
        }
        let (accepted, client) = tokio::join!(listener.accept(), TcpStream::connect(at));
        let ((mut stream, peer), mut client) = (accepted, client.unwrap());
        assert_eq!(peer, client.local_addr().unwrap());

        // NT-77: both ends, as the system would tell them.
        let info = stream.connection_info();
        assert_eq!(info.peer(), Some(&Address::from(stream.get_ref().peer_addr().unwrap())));
        assert_eq!(info.local(), Some(&Address::from(stream.get_ref().local_addr().unwrap())));

        client.write_all(b"hello").await.unwrap();
        stream.read_exact(&mut [0; 5]).await.unwrap();
        drop(stream);
        let snapshot = metered.metrics.snapshot();
        let server = [("server.address", address), ("server.port", &port), ("network.type", network_type)];
        assert_eq!(snapshot.sum(IO, &server), 5.0, "{snapshot:#?}");
        assert_eq!(snapshot.count(DURATION, &server), 1);
        assert_eq!(snapshot.points(ACTIVE).len(), 1);
        assert_eq!(snapshot.points(ACTIVE)[0].attributes.len(), 4, "{snapshot:#?}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "current_thread")]
async fn nt_74_unix_listeners_have_a_path_and_nothing_else() {
    use tokio::net::{UnixListener, UnixStream};

    let path = std::env::temp_dir().join(format!("telemetry-net-listener-{}.sock", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let metered = Metered::new();
    let mut listener = metered.layer.listen(UnixListener::bind(&path).unwrap()).with_max_connections(1);
    let connect = || UnixStream::connect(&path);
    let (accepted, client) = tokio::join!(listener.accept(), connect());
    let (stream, _peer) = accepted;
    assert_eq!(stream.connection_info().peer(), None);
    assert_eq!(stream.connection_info().local(), Some(&Address::from(&*path)));

    let mut second = connect().await.unwrap();
    let byte = &mut [0];
    let closed = tokio::select! {
        _ = listener.accept() => None,
        read = second.read(byte) => Some(read.unwrap()),
    };
    assert_eq!(closed, Some(0));
    drop((stream, client));
    std::fs::remove_file(&path).unwrap();

    let snapshot = metered.metrics.snapshot();
    for metric in [ACTIVE, REJECTED, AGE] {
        let points = snapshot.points(metric);
        let attributes: Vec<_> = points[0].attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
        let path = path.to_str().unwrap();
        assert_eq!((points.len(), attributes), (1, vec![("network.transport", "unix"), ("server.address", path)]));
    }
}

#[test]
fn nt_77_what_is_known_is_not_asked_for_again() {
    for (bind, asked, local) in [("192.0.2.1:80", 0, "192.0.2.1:80"), ("0.0.0.0:80", 1, "192.0.2.2:80")] {
        let metered = Metered::new();
        let mut listener = metered.layer.listen(Script::at(bind, [Step::Accept]));
        let (stream, peer) = block_on(listener.accept());
        assert_eq!(peer, SocketAddr::from(PEER));
        assert_eq!(stream.get_ref().asked.load(Ordering::Relaxed), asked, "{bind}");
        let info = stream.connection_info();
        assert_eq!(info.peer(), Some(&Address::from(SocketAddr::from(PEER))));
        assert_eq!(info.local(), Some(&Address::from(local.parse::<SocketAddr>().unwrap())));
    }
}

#[test]
fn nt_75_all_metrics_of_a_listener_have_its_attributes() {
    let attributes = [KeyValue::new("shop.lane", "fast"), KeyValue::new("server.address", "not mine")];
    let metered = Metered::with(MeterOptions::default().with_attributes(attributes));
    let listener = metered.layer.listen(Script::new([Step::Fail(103), Step::Accept, Step::Accept, Step::Wait]));
    let mut listener = listener.with_max_connections(1);
    let stream = block_on(listener.accept());
    assert!(crate::script::poll_and_see(listener.accept()).0.is_pending());

    let snapshot = metered.metrics.snapshot();
    let base = |snapshot: &Snapshot, metric, more: Option<(&str, &str)>| {
        let points = snapshot.points(metric);
        assert_eq!(points.len(), 1, "{snapshot:#?}");
        let mut found: Vec<_> = points[0].attributes.iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        found.retain(|(name, value)| Some((&**name, &**value)) != more);
        let found: Vec<_> = found.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let expected = [
            "network.transport=tcp",
            "network.type=ipv4",
            "server.address=192.0.2.1",
            "server.port=80",
            "shop.lane=fast",
        ];
        assert_eq!(found, expected, "{metric}");
    };
    base(&snapshot, ERRORS, Some(("error.type", "connection_aborted")));
    base(&snapshot, REJECTED, None);
    base(&snapshot, AGE, None);
    base(&snapshot, ACTIVE, None);
    drop(stream);
}
