//! What a connection is counted as, in one atomic word.
//!
//! The task of the connection, the owners of responses and the pool change it at the same time. Each change is one
//! step, and whoever makes a change that moves the connection between two series tells the counter. Who comes while
//! somebody else is telling leaves it to them: nobody waits, and the counter hears of the moves one after the other.

use std::sync::atomic::{AtomicU64, Ordering};

/// One guard. All bits below the flags count guards.
const STREAM: u64 = 1;
const STREAMS: u64 = OPEN - 1;

const OPEN: u64 = 1 << 56;
const HTTP2: u64 = 1 << 57;
/// A request of HTTP/1 was written whose response has no guard yet.
const WRITTEN: u64 = 1 << 58;
const UPGRADED: u64 = 1 << 59;
/// Somebody is telling the counter.
const TELLING: u64 = 1 << 60;
/// What the counter was last told.
const TOLD: u64 = 1 << 61;
const TOLD_HTTP2: u64 = 1 << 62;
const TOLD_ACTIVE: u64 = 1 << 63;

/// Which series an open connection belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) http2: bool,
    pub(crate) active: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    Opened,
    /// The connection speaks HTTP/2.
    Http2,
    /// Bytes of a request go out. It means nothing for HTTP/2, which also writes without one.
    Written,
    /// A guard came. The response that it was taken for answers what was written.
    StreamBegan,
    StreamEnded,
    /// Another protocol goes on. It means nothing for HTTP/2, where that is one stream among others.
    Upgraded,
    Closed,
}

#[derive(Debug, Default)]
pub(crate) struct State(AtomicU64);

impl State {
    pub(crate) fn is_http2(&self) -> bool {
        self.0.load(Ordering::Acquire) & HTTP2 != 0
    }

    /// Takes note of an event. `tell` is called with the condition before and after each move, by one thread at a time
    /// and so that each call goes on where the last one ended. It may be told of moves that other threads made
    /// meanwhile, or of none.
    pub(crate) fn on(&self, event: Event, mut tell: impl FnMut(Option<Condition>, Option<Condition>)) {
        let mut word = self.0.load(Ordering::Acquire);
        let mut changed = loop {
            let mut next = after(word, event);
            if next == word {
                return;
            }
            if told(next) != due(next) {
                next |= TELLING;
            }
            match self.0.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break next,
                Err(now) => word = now,
            }
        };
        let is_ours = word & TELLING == 0 && changed & TELLING != 0;
        if !is_ours {
            return;
        }
        let mut counted = told(changed);
        loop {
            let next = due(changed);
            if next != counted {
                tell(counted, next);
                counted = next;
            }
            match self.0.compare_exchange(changed, settled(changed), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(now) => changed = now,
            }
        }
    }
}

fn after(word: u64, event: Event) -> u64 {
    match event {
        Event::Opened => word | OPEN,
        Event::Http2 => word | HTTP2,
        Event::Written | Event::Upgraded if word & HTTP2 != 0 => word,
        Event::Written => word | WRITTEN,
        Event::StreamBegan => (word & !WRITTEN) + STREAM,
        Event::StreamEnded => word - STREAM,
        Event::Upgraded => word | UPGRADED,
        Event::Closed => word & !OPEN,
    }
}

/// What the counter should know.
fn due(word: u64) -> Option<Condition> {
    let active = word & (STREAMS | WRITTEN | UPGRADED) != 0;
    (word & OPEN != 0).then_some(Condition { http2: word & HTTP2 != 0, active })
}

/// What the counter knows.
fn told(word: u64) -> Option<Condition> {
    let condition = Condition { http2: word & TOLD_HTTP2 != 0, active: word & TOLD_ACTIVE != 0 };
    (word & TOLD != 0).then_some(condition)
}

/// The word once the counter knows what it should, and nobody is telling.
fn settled(word: u64) -> u64 {
    let known = match due(word) {
        None => 0,
        Some(Condition { http2, active }) => {
            TOLD | if http2 { TOLD_HTTP2 } else { 0 } | if active { TOLD_ACTIVE } else { 0 }
        }
    };
    word & !(TELLING | TOLD | TOLD_HTTP2 | TOLD_ACTIVE) | known
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;
    use std::thread;

    use super::*;

    const IDLE: Option<Condition> = Some(Condition { http2: false, active: false });
    const ACTIVE: Option<Condition> = Some(Condition { http2: false, active: true });
    const IDLE2: Option<Condition> = Some(Condition { http2: true, active: false });
    const ACTIVE2: Option<Condition> = Some(Condition { http2: true, active: true });

    /// Each row: what happens, and what the connection then counts as. The counter has to hear of just that.
    fn follow(rows: &[(Event, Option<Condition>)]) {
        let state = State::default();
        let mut counted = None;
        for (event, expected) in rows {
            let mut moves = Vec::new();
            state.on(*event, |before, after| moves.push((before, after)));
            let expected_moves = if counted == *expected { vec![] } else { vec![(counted, *expected)] };
            assert_eq!(moves, expected_moves, "{event:?} in {rows:?}");
            counted = *expected;
        }
    }

    #[test]
    fn hc_12_http_1_is_active_from_the_write_to_the_last_guard() {
        use Event::{Closed, Opened, StreamBegan, StreamEnded, Written};
        follow(&[
            (Opened, IDLE),
            (Written, ACTIVE),
            (Written, ACTIVE),
            (StreamBegan, ACTIVE),
            (StreamBegan, ACTIVE),
            (StreamEnded, ACTIVE),
            (StreamEnded, IDLE),
            (Written, ACTIVE),
            (Closed, None),
        ]);
    }

    #[test]
    fn hc_12_the_next_request_may_be_written_before_the_guard_is_dropped() {
        use Event::{Closed, Opened, StreamBegan, StreamEnded, Written};
        follow(&[
            (Opened, IDLE),
            (Written, ACTIVE),
            (StreamBegan, ACTIVE),
            (Written, ACTIVE),
            (StreamEnded, ACTIVE),
            (StreamBegan, ACTIVE),
            (StreamEnded, IDLE),
            (Closed, None),
        ]);
    }

    #[test]
    fn hc_12_http_2_is_active_while_it_has_a_guard() {
        use Event::{Closed, Http2, Opened, StreamBegan, StreamEnded, Upgraded, Written};
        follow(&[
            (Opened, IDLE),
            (Http2, IDLE2),
            (Written, IDLE2),
            (StreamBegan, ACTIVE2),
            (StreamBegan, ACTIVE2),
            (StreamEnded, ACTIVE2),
            (Upgraded, ACTIVE2),
            (StreamEnded, IDLE2),
            (Closed, None),
        ]);
    }

    #[test]
    fn hc_12_an_upgraded_connection_is_active_to_its_end() {
        use Event::{Closed, Opened, StreamBegan, StreamEnded, Upgraded, Written};
        follow(&[
            (Opened, IDLE),
            (Written, ACTIVE),
            (StreamBegan, ACTIVE),
            (Upgraded, ACTIVE),
            (StreamEnded, ACTIVE),
            (Closed, None),
        ]);
    }

    #[test]
    fn hc_12_guards_that_outlive_the_connection_do_nothing() {
        use Event::{Closed, Opened, StreamBegan, StreamEnded};
        follow(&[(Opened, IDLE), (StreamBegan, ACTIVE), (Closed, None), (StreamBegan, None), (StreamEnded, None)]);
    }

    #[test]
    fn hc_12_who_is_telling_tells_what_comes_meanwhile() {
        use Event::{Closed, Opened, StreamBegan, StreamEnded, Written};
        type Moves = &'static [(Option<Condition>, Option<Condition>)];
        let rows: [(&[Event], Moves); 4] = [
            (&[], &[(None, IDLE)]),
            (&[Written], &[(None, IDLE), (IDLE, ACTIVE)]),
            (&[StreamBegan, StreamEnded], &[(None, IDLE)]),
            (&[StreamBegan, Closed], &[(None, IDLE), (IDLE, None)]),
        ];
        for (meanwhile, expected) in rows {
            let (state, mut moves, mut meanwhile) = (State::default(), Vec::new(), meanwhile.iter());
            state.on(Opened, |before, after| {
                moves.push((before, after));
                meanwhile.by_ref().for_each(|event| state.on(*event, |_, _| panic!("two at a time")));
            });
            assert_eq!(moves, expected);
            moves.clear();
            state.on(Closed, |before, after| moves.push((before, after)));
            let counted = expected.last().unwrap().1;
            let last = (counted, None);
            assert_eq!(moves, if counted.is_some() { vec![last] } else { vec![] }, "the next one can tell again");
        }
    }

    /// A counter with one cell for each series, which notes when one is below zero.
    #[derive(Default)]
    struct Cells {
        cells: [AtomicI64; 4],
        negative: AtomicI64,
    }

    impl Cells {
        fn tell(&self, before: Option<Condition>, after: Option<Condition>) {
            assert_ne!(before, after);
            for (change, condition) in [(1, after), (-1, before)] {
                let Some(Condition { http2, active }) = condition else { continue };
                let cell = &self.cells[usize::from(http2) * 2 + usize::from(active)];
                if cell.fetch_add(change, Ordering::Relaxed) + change < 0 {
                    self.negative.fetch_add(1, Ordering::Relaxed);
                }
                thread::yield_now();
            }
        }

        fn values(&self) -> [i64; 4] {
            [0, 1, 2, 3].map(|cell| self.cells[cell].load(Ordering::Relaxed))
        }
    }

    #[test]
    fn hc_12_threads_that_change_the_state_at_once_lose_nothing() {
        let cells = Cells::default();
        for round in 0..400 {
            let (http2, closes) = (round % 2 == 0, round % 4 < 2);
            let state = State::default();
            let on = |event| state.on(event, |before, after| cells.tell(before, after));
            on(Event::Opened);
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        for _ in 0..100 {
                            on(Event::StreamBegan);
                            on(Event::StreamEnded);
                        }
                    });
                }
                for _ in 0..100 {
                    on(Event::Written);
                }
                if http2 {
                    on(Event::Http2);
                }
                if closes {
                    on(Event::Closed);
                }
            });
            assert_eq!(cells.values().iter().sum::<i64>(), i64::from(!closes), "round {round}");
            on(Event::StreamBegan);
            on(Event::StreamEnded);
            let idle = [i64::from(!closes && !http2), 0, i64::from(!closes && http2), 0];
            assert_eq!(cells.values(), idle, "round {round}");
            on(Event::Closed);
            assert_eq!(cells.values(), [0; 4], "round {round}");
        }
        assert_eq!(cells.negative.into_inner(), 0);
    }
}
