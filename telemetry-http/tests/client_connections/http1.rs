//! HTTP/1: one request at a time on a connection.

use http::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

#[tokio::test]
async fn hc_05_hc_06_a_connection_is_idle_between_its_requests() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let client = client(&metrics);
    for _ in 0..3 {
        let response = send(&client, &server.uri());
        let call = server.call().await;
        assert_eq!(states(&metrics.snapshot()), (1.0, 0.0), "while the request is at the server");
        call.answer();
        let response = response.await.unwrap().unwrap();
        let guard = guard(&response);
        assert_eq!(states(&metrics.snapshot()), (1.0, 0.0), "while the body is read");
        assert_eq!(read(response).await, "hello");
        drop(guard);
        assert_eq!(states(&metrics.snapshot()), (0.0, 1.0), "until the next request");
        assert_eq!(metrics.snapshot().count(DURATION, &[]), 0);
    }
    assert_eq!(server.accepted(), 1);

    drop(client);
    let snapshot = all_closed(&metrics, 1).await;
    let port = server.port();
    let lasting = [("network.protocol.version", "1.1"), ("server.address", "127.0.0.1"), ("server.port", &port)];
    let with_state = |state| lasting.into_iter().chain([state]).map(|(name, value)| (name.into(), value.into()));
    let open: Vec<_> = snapshot.points(OPEN).into_iter().map(|point| &point.attributes).collect();
    assert_eq!(open.len(), 2, "{snapshot:#?}");
    assert!(open.contains(&&with_state(ACTIVE).collect()) && open.contains(&&with_state(IDLE).collect()), "{open:#?}");
    let [duration] = snapshot.points(DURATION)[..] else { panic!("{snapshot:#?}") };
    assert_eq!(duration.attributes, lasting.map(|(name, value)| (name.into(), value.into())).into());
    assert_eq!(duration.unit, "s");
    let Value::Histogram { sum, bounds, .. } = &duration.value else { panic!("{duration:?}") };
    assert!(*sum > 0.0 && *sum < 60.0, "{sum}");
    let conventions = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];
    assert_eq!(bounds[..], conventions, "hc_07");
}

#[tokio::test]
async fn hc_05_requests_at_once_take_a_connection_each() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let client = client(&metrics);
    let responses = [send(&client, &server.uri()), send(&client, &server.uri())];
    let calls = [server.call().await, server.call().await];
    assert_eq!(states(&metrics.snapshot()), (2.0, 0.0));
    calls.into_iter().for_each(Call::answer);
    for (response, expected) in responses.into_iter().zip([(1.0, 1.0), (0.0, 2.0)]) {
        finish(response.await.unwrap().unwrap()).await;
        assert_eq!(states(&metrics.snapshot()), expected);
    }
    assert_eq!(server.accepted(), 2);
    drop(client);
    all_closed(&metrics, 2).await;
}

#[tokio::test]
async fn hc_05_hc_06_the_server_closes_an_idle_connection() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let client = client(&metrics);
    let response = send(&client, &server.uri());
    server.call().await.answer();
    finish(response.await.unwrap().unwrap()).await;
    assert_eq!(states(&metrics.snapshot()), (0.0, 1.0));
    drop(server);
    all_closed(&metrics, 1).await;
    drop(client);
}

#[tokio::test]
async fn hc_05_hc_06_the_server_closes_in_the_middle_of_a_request() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let client = client(&metrics);
    let response = send(&client, &server.uri());
    let _call = server.call().await;
    assert_eq!(states(&metrics.snapshot()), (1.0, 0.0));
    drop(server);
    assert!(response.await.unwrap().is_err());
    all_closed(&metrics, 1).await;
}

#[tokio::test]
async fn hc_05_hc_06_the_caller_gives_up_a_request() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let client = client(&metrics);
    let response = send(&client, &server.uri());
    let _call = server.call().await;
    response.abort();
    all_closed(&metrics, 1).await;
    drop(client);
}

#[tokio::test]
async fn hc_12_the_next_request_comes_before_the_guard_of_the_last_is_dropped() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let client = client(&metrics);
    let first = send(&client, &server.uri());
    server.call().await.answer();
    // Nobody has read the body, but all of it is there, and the connection goes back to the pool.
    let first = first.await.unwrap().unwrap();
    let late = guard(&first);
    let second = send(&client, &server.uri());
    let call = server.call().await;
    assert_eq!(server.accepted(), 1);
    drop(late);
    assert_eq!(states(&metrics.snapshot()), (1.0, 0.0));
    call.answer();
    finish(second.await.unwrap().unwrap()).await;
    assert_eq!(states(&metrics.snapshot()), (0.0, 1.0));
    drop((first, client));
    all_closed(&metrics, 1).await;
}

#[tokio::test]
async fn hc_12_a_guard_may_outlive_the_connection() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let client = client(&metrics);
    let response = send(&client, &server.uri());
    server.call().await.answer();
    let response = response.await.unwrap().unwrap();
    let guards = [guard(&response), guard(&response)];
    drop((client, server));
    all_closed(&metrics, 1).await;
    drop(guards);
    drop(guard(&response));
    all_closed(&metrics, 1).await;
}

#[tokio::test]
async fn hc_12_without_guards_a_used_connection_is_active() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let client = client(&metrics);
    for _ in 0..2 {
        let response = send(&client, &server.uri());
        server.call().await.answer();
        assert_eq!(read(response.await.unwrap().unwrap()).await, "hello");
        assert_eq!(states(&metrics.snapshot()), (1.0, 0.0));
    }
    assert_eq!(server.accepted(), 1);
    drop(client);
    all_closed(&metrics, 1).await;
}

#[tokio::test]
async fn hc_12_an_upgraded_connection_is_active_until_it_is_closed() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let client = client(&metrics);
    let request = Request::get(server.uri()).header(header::CONNECTION, "upgrade").header(header::UPGRADE, "echo");
    let response = tokio::spawn(client.request(request.body(Full::default()).unwrap()));
    let Call { upgrade, answer } = server.call().await;
    let switching = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
    let switching = switching.header(header::CONNECTION, "upgrade").header(header::UPGRADE, "echo");
    answer.send(switching.body(Full::default()).unwrap()).unwrap();
    let response = response.await.unwrap().unwrap();
    guard(&response).upgrade();
    assert_eq!(states(&metrics.snapshot()), (1.0, 0.0), "before a byte of the other protocol");
    drop(client);

    let mut ours = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    let mut theirs = TokioIo::new(upgrade.await.unwrap());
    theirs.write_all(b"hello").await.unwrap();
    let mut heard = [0; 5];
    ours.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"hello");
    assert_eq!(states(&metrics.snapshot()), (1.0, 0.0));
    assert_eq!(metrics.snapshot().count(DURATION, &[]), 0);
    drop(ours);
    all_closed(&metrics, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hc_12_many_tasks_on_many_threads_end_at_zero() {
    let (metrics, server) = (InMemoryMetrics::new(), Server::start().await);
    let client = client(&metrics);
    let uri: Uri = format!("{}now", server.uri()).parse().unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (client, uri) = (client.clone(), uri.clone());
            tokio::spawn(async move {
                for _ in 0..100 {
                    finish(client.get(uri.clone()).await.unwrap()).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // The server may have to accept the last ones yet.
    let all = |snapshot: &Snapshot| {
        let (active, idle) = states(snapshot);
        active + idle + snapshot.count(DURATION, &[]) as f64 == server.accepted() as f64
    };
    until(&metrics, all).await;
    drop(client);
    until(&metrics, |snapshot| states(snapshot) == (0.0, 0.0) && all(snapshot)).await;
}
