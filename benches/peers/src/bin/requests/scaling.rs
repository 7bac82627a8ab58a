//! What a second thread adds when both record into the same series.
//!
//! In each turn two threads send requests for a millisecond, first each alone and then both at once. The turn counts if
//! no thread was kept from running meanwhile, and if the two did run at the same time.

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use telemetry_benches::request::{Client, System, Workload};
use telemetry_peers::figures::Figures;
use telemetry_peers::request::SYSTEMS;
use telemetry_peers::turns::{quartiles, thread_time};

pub(super) const TIME: Duration = Duration::from_secs(30);
pub(super) const QUICK: Duration = Duration::from_secs(4);
/// How long a thread sends requests.
const WINDOW: Duration = Duration::from_millis(1);
/// The part of it for which the thread has to have had a CPU, and the part in which the other one sent as well.
const ON_CPU: f64 = 0.95;
const TOGETHER: f64 = 0.9;
/// How often the threads wait for each other in each turn, to see how far apart their CPUs are.
const MEETINGS: u32 = 200;
/// A median of fewer turns means nothing.
const FEWEST_TURNS: usize = 5;

pub(super) fn measure(time: Duration) -> Result<Figures> {
    let systems = System::all(SYSTEMS, Workload::Get)?;
    let clients = || systems.iter().map(System::client).collect::<Result<Vec<_>>>();
    let (here, there) = (clients()?, clients()?);
    let gate = Gate::default();
    let measured = thread::scope(|scope| {
        let (orders, ordered) = channel();
        let (done, windows) = channel();
        scope.spawn(|| help(there, ordered, done, &gate));
        Pair { clients: here, orders, windows, gate: &gate }.measure(systems, time)
    })?;
    Ok(figures(&measured))
}

/// The other thread: sends requests whenever it is told to.
fn help(mut clients: Vec<Client>, ordered: Receiver<Order>, done: Sender<Window>, gate: &Gate) {
    for order in ordered {
        let (Order::Alone(position) | Order::Together(position)) = order else {
            (0..MEETINGS).for_each(|_| gate.meet());
            continue;
        };
        if matches!(order, Order::Together(_)) {
            gate.meet();
        }
        // Nobody waits for it any more: the bench has failed, and says why itself.
        let _ = done.send(Window::of(&mut clients[position]));
    }
}

/// What the other thread has to do, with the position of a system.
enum Order {
    Alone(usize),
    Together(usize),
    Meet,
}

struct Measured {
    /// What a meeting took, in each turn.
    meetings: Vec<f64>,
    /// What the two threads did together over what one did, for each system and turn that counts.
    scalings: Vec<Vec<f64>>,
}

/// This thread, and the way to the other one.
struct Pair<'a> {
    clients: Vec<Client>,
    orders: Sender<Order>,
    windows: Receiver<Window>,
    gate: &'a Gate,
}

impl Pair<'_> {
    fn measure(mut self, mut systems: Vec<System>, time: Duration) -> Result<Measured> {
        // Twice: a system may go another way, on each thread, once it has been scraped.
        for _ in 0..2 {
            for (position, system) in systems.iter().enumerate() {
                self.turn(position)?;
                system.check()?;
            }
        }
        let mut measured = Measured { meetings: Vec::new(), scalings: vec![Vec::new(); systems.len()] };
        let started = Instant::now();
        while measured.meetings.len() < FEWEST_TURNS || started.elapsed() < time {
            measured.meetings.push(self.meeting()?);
            for (position, system) in systems.iter_mut().enumerate() {
                measured.scalings[position].extend(self.turn(position)?);
                // The upkeep, and no request.
                system.send(0);
            }
        }
        systems.iter().try_for_each(System::check)?;
        Ok(measured)
    }

    /// What both threads did together over what one did, if the turn counts.
    fn turn(&mut self, position: usize) -> Result<Option<f64>> {
        let own = Window::of(&mut self.clients[position]);
        self.order(Order::Alone(position))?;
        let alone = [own, self.other()?];
        self.order(Order::Together(position))?;
        self.gate.meet();
        let own = Window::of(&mut self.clients[position]);
        let both = [own, self.other()?];
        let counts = alone.iter().chain(&both).all(Window::on_cpu) && both[0].beside(&both[1]);
        let rate = |windows: &[Window; 2]| windows.iter().map(Window::rate).sum::<f64>();
        Ok(counts.then(|| rate(&both) / (rate(&alone) / 2.0)))
    }

    /// Nanoseconds that it takes the threads to see each other's writes.
    fn meeting(&self) -> Result<f64> {
        self.order(Order::Meet)?;
        self.gate.meet();
        let started = Instant::now();
        (1..MEETINGS).for_each(|_| self.gate.meet());
        Ok(started.elapsed().as_nanos() as f64 / f64::from(MEETINGS - 1))
    }

    fn order(&self, order: Order) -> Result<()> {
        self.orders.send(order).context("the other thread has ended")
    }

    fn other(&self) -> Result<Window> {
        self.windows.recv().context("the other thread has ended")
    }
}

/// The requests that a thread sent at a time.
struct Window {
    start: Instant,
    end: Instant,
    /// Nanoseconds for which the thread had a CPU.
    ran: f64,
    requests: u64,
}

impl Window {
    fn of(client: &mut Client) -> Self {
        let (ran, start) = (thread_time(), Instant::now());
        let requests = client.send_for(WINDOW);
        let end = Instant::now();
        Self { start, end, ran: thread_time() - ran, requests }
    }

    fn nanoseconds(&self) -> f64 {
        (self.end - self.start).as_nanos() as f64
    }

    fn rate(&self) -> f64 {
        self.requests as f64 / self.nanoseconds()
    }

    fn on_cpu(&self) -> bool {
        self.ran >= ON_CPU * self.nanoseconds()
    }

    fn beside(&self, other: &Self) -> bool {
        let shared = self.end.min(other.end).saturating_duration_since(self.start.max(other.start)).as_nanos() as f64;
        shared >= TOGETHER * self.nanoseconds().max(other.nanoseconds())
    }
}

/// Where two threads wait for each other without going to sleep, so that both go on at once.
#[derive(Default)]
struct Gate(AtomicUsize);

impl Gate {
    fn meet(&self) {
        let both = (self.0.fetch_add(1, Ordering::AcqRel) | 1) + 1;
        for spins in 1.. {
            if self.0.load(Ordering::Acquire) >= both {
                break;
            }
            // The other one may have no CPU.
            if spins % 10_000 == 0 { thread::yield_now() } else { hint::spin_loop() }
        }
    }
}

fn figures(Measured { meetings, scalings }: &Measured) -> Figures {
    let mut figures = Figures::default();
    for (entry, scalings) in SYSTEMS.iter().zip(scalings) {
        if scalings.len() >= FEWEST_TURNS {
            figures.add("scaling", entry.name, "scaling", quartiles(scalings.iter().copied()));
        }
        figures.add("scaling", entry.name, "turns", scalings.len() as f64);
    }
    // The lower quartile counts: in most others a thread has waited for a CPU.
    figures.add("scaling-meeting", "two-threads", "time_ns", quartiles(meetings.iter().copied()));
    figures
}
