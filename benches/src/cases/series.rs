//! Requests that are spread over series, and requests of several threads.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::requests::Requests;
use crate::case::{Budget, Case, Work};
use crate::request::series::{bare, ours};
use crate::request::{Client, Parts, System};

/// As many series as requests are spread over. The SDK keeps 2,000 apart.
const SERIES: [usize; 3] = [1, 100, 1900];

/// How many threads there are. More than the machine has show nothing but that.
const THREADS: [usize; 3] = [1, 2, 4];

const BUDGET: Budget = Budget { time: None, instructions: None, allocations: Some(0.0), kept: Some(0.0) };

type Build = fn(usize) -> Parts;

pub(super) fn cases() -> Vec<Case> {
    let spread = SERIES.into_iter().flat_map(|series| {
        let case = |scenario, name, build: Build| {
            let id = format!("telemetry-http/{scenario}/{series}");
            Case::new(id, move || Ok(Requests(System::of_parts(name, build(series))?)))
        };
        let without = case("request-series-bare", "bare", bare);
        let with = case("request-series", "ours", ours).beyond(without.id.as_str()).budget(BUDGET);
        [without, with]
    });
    let threads = THREADS.into_iter().flat_map(|threads| {
        let case = |name, series, build: Build| {
            let id = format!("telemetry-http/request-threads/{name}/{threads}");
            Case::new(id, move || Threads::new(System::of_parts(name, build(series))?, threads)).only_time()
        };
        let bare = case("bare", 1, bare);
        let beyond = |case: Case| case.beyond(bare.id.as_str());
        let ours = [beyond(case("metrics", 1, ours)), beyond(case("many-series", 100, ours))];
        [bare].into_iter().chain(ours)
    });
    spread.chain(threads).collect()
}

/// Threads that live as long as the case. Each sends as many requests as it is told, all at once.
struct Threads {
    system: System,
    workers: Vec<Worker>,
}

impl Threads {
    fn new(system: System, threads: usize) -> Result<Self> {
        let together = Arc::new(Barrier::new(threads));
        let worker = |_| Ok(Worker::new(system.client()?, Arc::clone(&together)));
        let workers = (0..threads).map(worker).collect::<Result<_>>()?;
        let mut threads = Self { system, workers };
        threads.run(1_000);
        threads.system.check()?;
        Ok(threads)
    }
}

impl Work for Threads {
    fn run(&mut self, times: u64) {
        self.time(times);
    }

    /// From the first thread's beginning to the last one's end, each having sent so many requests.
    fn time(&mut self, times: u64) -> Duration {
        self.workers.iter().for_each(|worker| worker.begin(times));
        let ran: Vec<_> = self.workers.iter().map(Worker::end).collect();
        let (begin, end) = (ran.iter().map(|ran| ran.0).min(), ran.iter().map(|ran| ran.1).max());
        begin.zip(end).map_or(Duration::ZERO, |(begin, end)| end - begin)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        for Worker { orders, thread, .. } in self.workers {
            drop(orders);
            ensure!(thread.join().is_ok(), "a thread panicked");
        }
        self.system.check()
    }
}

struct Worker {
    orders: Sender<u64>,
    ran: Receiver<(Instant, Instant)>,
    thread: JoinHandle<()>,
}

impl Worker {
    fn new(mut client: Client, together: Arc<Barrier>) -> Self {
        let (orders, ordered) = channel::<u64>();
        let (done, ran) = channel();
        let thread = thread::spawn(move || {
            for times in ordered {
                together.wait();
                let begin = Instant::now();
                client.send(times);
                if done.send((begin, Instant::now())).is_err() {
                    return;
                }
            }
        });
        Self { orders, ran, thread }
    }

    fn begin(&self, times: u64) {
        if self.orders.send(times).is_err() {
            gone();
        }
    }

    fn end(&self) -> (Instant, Instant) {
        self.ran.recv().unwrap_or_else(|_| gone())
    }
}

#[cold]
fn gone() -> ! {
    unreachable!("a thread of a bench has ended")
}
