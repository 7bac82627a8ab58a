//! What metering costs a connection: each read and write, opening and closing, and a collection of many.
#![allow(missing_docs)] // criterion's macros make public items.
#![allow(clippy::unwrap_used)] // A bench that cannot run has to stop.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use telemetry_benches::connection::{
    BARE, Bare, Metrics, NAIVE, Naive, OPERATION, OURS, Operation, Ours, State, Wrap, read, write,
};
use tokio::net::{TcpListener, TcpStream};

/// How many connections are open meanwhile.
const LIVE: [usize; 2] = [1, 10_000];

fn operations(criterion: &mut Criterion) {
    for (scenario, operation) in [("operation-read", Operation::Read), ("operation-write", Operation::Write)] {
        let mut group = criterion.benchmark_group(format!("telemetry-net/{scenario}"));
        for entry in [BARE, OURS, NAIVE] {
            let mut system = State::Scraped.warmed_up(&entry, operation, 0).unwrap();
            group.bench_function(entry.name, |bencher| {
                bencher.iter_custom(|times| {
                    let start = Instant::now();
                    black_box(&mut *system).run(operation, times);
                    start.elapsed()
                });
            });
            system.finish().unwrap();
        }
        group.finish();
    }
}

fn open_close(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("telemetry-net/open-close");
    for entry in [BARE, OURS, NAIVE] {
        for live in LIVE {
            let mut system = State::Scraped.warmed_up(&entry, Operation::OpenClose, live - 1).unwrap();
            group.bench_function(BenchmarkId::new(entry.name, live), |bencher| {
                bencher.iter_custom(|times| {
                    let start = Instant::now();
                    black_box(&mut *system).run(Operation::OpenClose, times);
                    start.elapsed()
                });
            });
            system.finish().unwrap();
        }
    }
    group.finish();
}

/// Both ends of a stream of tokio's, of which one is metered: a write and a read of it.
fn duplex(criterion: &mut Criterion) {
    fn bench<W: Wrap>(criterion: &mut Criterion, name: &str, wrap: &W) {
        let (stream, mut peer) = tokio::io::duplex(2 * OPERATION);
        let mut stream = wrap.open(stream);
        let mut space = [0; OPERATION];
        let mut group = criterion.benchmark_group("telemetry-net/operation-duplex");
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let sent = write(&mut stream, &space) + write(&mut peer, &space);
                let received = read(&mut peer, &mut space) + read(&mut stream, &mut space);
                assert_eq!(sent, received);
            });
        });
        group.finish();
    }
    bench(criterion, "bare", &Bare);
    let metrics = Metrics::new();
    bench(criterion, "ours", &Ours::new(&metrics));
    let metrics = Metrics::new();
    bench(criterion, "naive", &Naive::new(&metrics));
}

/// A socket that is metered and given back, without a read or a write.
fn sockets(criterion: &mut Criterion) {
    fn bench<W: Wrap>(criterion: &mut Criterion, name: &str, socket: TcpStream, wrap: &W) -> TcpStream {
        let mut socket = Some(socket);
        let mut group = criterion.benchmark_group("telemetry-net/open-close-tcp");
        group.bench_function(name, |bencher| {
            bencher.iter(|| socket = socket.take().map(|socket| W::close(black_box(wrap.accept(socket)))));
        });
        group.finish();
        socket.unwrap()
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let (_peer, (socket, _)) = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        (TcpStream::connect(listener.local_addr().unwrap()).await.unwrap(), listener.accept().await.unwrap())
    });
    let socket = bench(criterion, "bare", socket, &Bare);
    let metrics = Metrics::new();
    let ours = Ours::new(&metrics);
    metrics.page().unwrap();
    let socket = bench(criterion, "ours", socket, &ours);
    let metrics = Metrics::new();
    bench(criterion, "naive", socket, &Naive::new(&metrics));
}

/// One collection, of connections that have all read and written since the last one.
fn collect(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("telemetry-net/collect");
    for live in LIVE {
        let mut system = State::Scraped.warmed_up(&OURS, Operation::Read, live - 1).unwrap();
        group.bench_function(BenchmarkId::from_parameter(live), |bencher| {
            bencher.iter_custom(|times| {
                let one = |_| {
                    system.move_all();
                    let start = Instant::now();
                    black_box(system.collect().unwrap());
                    start.elapsed()
                };
                (0..times).map(one).sum::<Duration>()
            });
        });
        system.finish().unwrap();
    }
    group.finish();
}

criterion_group!(benches, operations, duplex, open_close, sockets, collect);
criterion_main!(benches);
