//! A process that has no file descriptor left. It is alone in its process, whose limit it changes.
#![cfg(unix)]
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::fs::File;
use std::time::{Duration, Instant};

use common::{Metered, runtime};
use rustix::process::{Resource, getrlimit, setrlimit};
use telemetry_core::testing::poll_once;
use tokio::net::TcpListener;

const ERRORS: &str = "transport.server.accept.errors";

#[test]
fn nt_75_the_loop_lives_on_without_file_descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(64);
    setrlimit(Resource::Nofile, limit).unwrap();

    let metered = Metered::new();
    runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut listener = metered.layer.listen(listener);
        let client = std::net::TcpStream::connect(listener.local_address().unwrap()).unwrap();
        let rest: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        assert!(!rest.is_empty());

        let errors = || metered.metrics.snapshot().sum(ERRORS, &[("error.type", "too_many_open_files")]);
        let mut accept = Box::pin(listener.accept());
        let start = Instant::now();
        while errors() < 3.0 {
            assert!(start.elapsed() < Duration::from_secs(10), "nothing is counted");
            assert!(poll_once(accept.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
        drop(accept);
        assert_eq!(metered.metrics.snapshot().sum(ERRORS, &[]), errors());

        drop(rest);
        let (stream, peer) = listener.accept().await;
        assert_eq!(peer, client.local_addr().unwrap());
        assert_eq!(metered.active(), 1.0);
        drop(stream);
    });
}
