//! Many requests with endings that are drawn at random: the spans say what the metrics say.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use fastrand::Rng;
use telemetry_core::testing::Value;

use super::flight::{Flight, Plan, route, scripted};
use super::*;

const REQUESTS: u64 = 600;

/// What a span and a duration have in common.
type Key = [Option<String>; 5];

const NAMES: [&str; 5] =
    ["http.request.method", "http.route", "url.template", "http.response.status_code", "error.type"];

/// How many requests there were, and how long they took together.
type Totals = BTreeMap<Key, (u64, f64)>;

fn of_span(span: &FinishedSpan) -> Key {
    NAMES.map(|name| span.attribute(name).map(ToString::to_string))
}

fn of_series(series: &Point) -> Key {
    NAMES.map(|name| series.attributes.get(name).cloned())
}

fn of_spans(spans: &[FinishedSpan]) -> Totals {
    let mut totals = Totals::new();
    for span in spans {
        let (count, seconds) = totals.entry(of_span(span)).or_default();
        *count += 1;
        *seconds += span.duration().as_secs_f64();
    }
    totals
}

fn of_metrics(all: &[Point]) -> Totals {
    let totals = |series: &Point| match series.value {
        Value::Histogram { count, sum, .. } => (of_series(series), (count, sum)),
        _ => panic!("{series:?} is no histogram"),
    };
    let found: Totals = all.iter().map(totals).collect();
    assert_eq!(found.len(), all.len(), "a series is there twice");
    found
}

impl Pair {
    /// Layers that learn of the route whoever knows it.
    fn with_all_routes(self) -> Self {
        self.with_servers(|spans, metrics| {
            (spans.with_route(route).with_labels(), metrics.with_route(route).with_labels())
        })
    }

    #[track_caller]
    fn compare(&self, requests: u64) {
        let (spans, all) = (self.spans.kept.finished(), self.series());
        assert_eq!(spans.len() as u64, requests);
        let (by_spans, by_metrics) = (of_spans(&spans), of_metrics(&all));
        let counts = |totals: &Totals| totals.iter().map(|(key, (count, _))| (key.clone(), *count)).collect::<Vec<_>>();
        assert_eq!(counts(&by_spans), counts(&by_metrics));
        for (key, (count, seconds)) in by_spans {
            let recorded = by_metrics[&key].1;
            match self.spans.way {
                // Sums of doubles, in another order.
                Way::Api => assert!((seconds - recorded).abs() <= 1e-12 * count as f64, "{key:?} {seconds} {recorded}"),
                Way::Tracing => assert!(seconds <= recorded + 1e-12 * count as f64, "{key:?} {seconds} {recorded}"),
            }
        }
        self.compare_exemplars(&spans, &all);
    }

    /// Each exemplar is a request of its series, which took just as long.
    #[track_caller]
    fn compare_exemplars(&self, spans: &[FinishedSpan], all: &[Point]) {
        let by_id: BTreeMap<_, _> = spans.iter().map(|span| (span.span_id().to_string(), span)).collect();
        for series in all {
            let exemplars = self.exemplars(series);
            assert!(!exemplars.is_empty(), "{series:?}");
            for exemplar in exemplars {
                let span = by_id[&exemplar.span_id().to_string()];
                assert_eq!((span.trace_id(), of_span(span)), (exemplar.trace_id(), of_series(series)));
                let seconds = span.duration().as_secs_f64();
                match self.spans.way {
                    Way::Api => assert_eq!(seconds, exemplar.value()),
                    Way::Tracing => assert!(seconds <= exemplar.value(), "{seconds} {exemplar:?}"),
                }
            }
        }
    }
}

#[test]
fn hs_07_hs_35_hs_41_sp_57_sp_58_requests_on_one_thread() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    each(|pair| {
        let rng = &mut Rng::with_seed(seed);
        let pair = pair.with_all_routes();
        let client = pair.around(scripted());
        let (mut begun, mut flying) = (0, Vec::new());
        while begun < REQUESTS || !flying.is_empty() {
            if begun < REQUESTS && (flying.len() < 20 && rng.bool()) {
                begun += 1;
                flying.extend(Flight::begin(&client, Plan::draw(rng)));
            } else if !flying.is_empty() {
                let flight: Flight = flying.swap_remove(rng.usize(..flying.len()));
                flying.extend(flight.step());
            }
        }
        pair.compare(REQUESTS);
    });
}

/// Takes flights out of a common pool, so that they move between threads at each step.
fn fly(client: &Client, pool: &Mutex<Vec<Flight>>, begun: &AtomicU64, seed: u64) {
    let rng = &mut Rng::with_seed(seed);
    loop {
        let flight = if rng.bool() && begun.fetch_add(1, Ordering::Relaxed) < REQUESTS {
            Flight::begin(client, Plan::draw(rng))
        } else {
            let taken = {
                let mut pool = pool.lock().unwrap();
                let len = pool.len();
                if len == 0 { None } else { Some(pool.swap_remove(rng.usize(..len))) }
            };
            if taken.is_none() && begun.load(Ordering::Relaxed) >= REQUESTS {
                return;
            }
            taken.and_then(Flight::step)
        };
        pool.lock().unwrap().extend(flight);
    }
}

#[test]
fn hs_07_hs_35_hs_41_cp_11_requests_that_move_between_threads() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    each(|pair| {
        let pair = pair.with_all_routes();
        let client = pair.around(scripted());
        let (pool, begun) = (Mutex::default(), AtomicU64::new(0));
        let subscriber = tracing::dispatcher::get_default(Clone::clone);
        thread::scope(|scope| {
            for thread in 0..4 {
                let (client, pool, begun, subscriber) = (client.clone(), &pool, &begun, &subscriber);
                scope.spawn(move || {
                    tracing::dispatcher::with_default(subscriber, || {
                        fly(&client, pool, begun, seed.wrapping_add(thread));
                    });
                });
            }
        });
        pair.compare(REQUESTS);
    });
}
