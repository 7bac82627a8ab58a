//! The place of one exemplar.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::Exemplar;

/// The millisecond of a slot that holds nothing yet. [`millisecond`] never gives it.
const NEVER: u64 = u64::MAX;

/// Keeps the latest exemplar that was offered, and takes at most one with the same millisecond.
#[derive(Debug)]
pub(super) struct Slot {
    /// The millisecond of the exemplar that is kept. Only written under the lock.
    millisecond: AtomicU64,
    kept: Mutex<Option<Exemplar>>,
}

impl Slot {
    pub(super) const fn new() -> Self {
        Self { millisecond: AtomicU64::new(NEVER), kept: Mutex::new(None) }
    }

    /// Whether an offer of this time is in vain. Only reads: a try for the lock would pass the cache line from core to
    /// core with each measurement.
    #[inline]
    pub(super) fn has(&self, millisecond: u64) -> bool {
        // Equal and not "later": after a clock has stepped back, exemplars come in as before.
        self.millisecond.load(Ordering::Relaxed) == millisecond
    }

    /// Puts in what `exemplar` gives, unless the slot has one of this millisecond or is in use just now.
    pub(super) fn offer(&self, millisecond: u64, exemplar: impl FnOnce() -> Exemplar) {
        let mut kept = match self.kept.try_lock() {
            Ok(kept) => kept,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        // Another thread may have been here since the caller looked.
        if self.has(millisecond) {
            return;
        }
        self.millisecond.store(millisecond, Ordering::Relaxed);
        let replaced = kept.replace(exemplar());
        // Freeing the old one takes time in which a reader could have the new one.
        drop(kept);
        drop(replaced);
    }

    /// A copy of what is kept, so that nothing of the reader's own runs under the lock.
    pub(super) fn get(&self) -> Option<Exemplar> {
        // Most buckets of most histograms are empty, and a look is cheaper than a lock.
        if self.has(NEVER) {
            return None;
        }
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A number for each millisecond: seconds from 1970, and thousandths in the lowest ten bits. It is only compared with
/// others, so it need not be a count: this is cheaper, and leaves numbers that no time has.
#[inline]
pub(super) fn millisecond(time: SystemTime) -> u64 {
    let from_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_else(|before| before.duration());
    from_1970.as_secs() << 10 | u64::from(from_1970.subsec_millis())
}

/// The same for a moment, in a little more than milliseconds where the clock counts seconds and nanoseconds, as it does on
/// most systems. Elsewhere each moment has a number of its own.
#[inline]
pub(super) fn tick(moment: Instant) -> u64 {
    let mut tick = Tick(0);
    moment.hash(&mut tick);
    tick.finish()
}

/// Gets to see what a moment is made of. To subtract another one would take longer than all else that an offer does.
struct Tick(u64);

impl Hasher for Tick {
    #[inline]
    fn write_i64(&mut self, seconds: i64) {
        self.write_u64(seconds as u64);
    }

    #[inline]
    fn write_u64(&mut self, seconds: u64) {
        self.0 ^= seconds << 10;
    }

    #[inline]
    fn write_u32(&mut self, nanoseconds: u32) {
        self.0 ^= u64::from(nanoseconds >> 20);
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    /// Never the number of a slot that holds nothing.
    #[inline]
    fn finish(&self) -> u64 {
        self.0 & (u64::MAX >> 1)
    }
}

/// The time of day that belongs to a moment.
#[cold]
pub(super) fn time_of(moment: Instant) -> SystemTime {
    let (now, time) = (Instant::now(), SystemTime::now());
    match moment.checked_duration_since(now) {
        Some(later) => time + later,
        None => time - (now - moment),
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn at(millisecond: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(millisecond)
    }

    fn offer(slot: &Slot, value: f64, millisecond: u64) {
        slot.offer(super::millisecond(at(millisecond)), || Exemplar::new(value, at(millisecond)));
    }

    fn value(slot: &Slot) -> Option<f64> {
        slot.get().map(|exemplar| exemplar.value())
    }

    #[test]
    fn a_slot_in_use_is_passed_by_and_stays_open() {
        let slot = Slot::new();
        offer(&slot, 1.0, 0);
        let in_use = slot.kept.lock().unwrap();
        offer(&slot, 2.0, 1);
        drop(in_use);
        assert_eq!(value(&slot), Some(1.0));
        offer(&slot, 3.0, 1);
        assert_eq!(value(&slot), Some(3.0), "what was passed by does not count for its millisecond");
    }

    #[test]
    fn what_has_no_millisecond_to_wait_for_does_not_look_at_the_lock() {
        let slot = Slot::new();
        let in_use = slot.kept.lock().unwrap();
        assert_eq!(value(&slot), None, "this would wait for ever");
        drop(in_use);
    }

    #[test]
    fn a_panic_in_between_leaves_the_slot_in_use() {
        let slot = Slot::new();
        offer(&slot, 1.0, 0);
        let panicked = catch_unwind(AssertUnwindSafe(|| slot.offer(millisecond(at(1)), || panic!("on purpose"))));
        assert!(panicked.is_err() && slot.kept.is_poisoned());
        assert_eq!(value(&slot), Some(1.0));
        offer(&slot, 2.0, 2);
        assert_eq!(value(&slot), Some(2.0));
    }

    #[test]
    fn threads_write_once_in_a_millisecond() {
        const MILLISECONDS: u64 = 2000;
        let (slot, barrier, writes) = (Slot::new(), Barrier::new(2), AtomicU64::new(0));
        let write = || {
            for time in (0..MILLISECONDS).map(at) {
                barrier.wait();
                slot.offer(millisecond(time), || {
                    writes.fetch_add(1, Ordering::Relaxed);
                    Exemplar::new(1.0, time)
                });
            }
        };
        thread::scope(|threads| {
            threads.spawn(write);
            threads.spawn(write);
        });
        assert_eq!(writes.into_inner(), MILLISECONDS);
    }

    #[test]
    fn neighbours_differ_and_no_time_is_taken_for_never() {
        let milli = Duration::from_millis(1);
        for time in
            [at(0), at(999), at(1_000), at(1_700_000_000_999), UNIX_EPOCH - 5 * milli, UNIX_EPOCH - 1000 * milli]
        {
            let (here, next) = (millisecond(time), millisecond(time + milli));
            assert!(here != next && here != NEVER, "{time:?}");
            assert_eq!(millisecond(time + milli - Duration::from_nanos(1)) == here, time >= UNIX_EPOCH, "{time:?}");
        }
        for far in [u64::MAX >> 1, u64::MAX >> 2] {
            let seconds = Duration::new(far, 999_999_999);
            for time in [UNIX_EPOCH.checked_sub(seconds), UNIX_EPOCH.checked_add(seconds)].into_iter().flatten() {
                assert_ne!(millisecond(time), NEVER, "{time:?}");
            }
        }
    }

    #[test]
    fn a_moment_has_a_tick_of_about_a_millisecond_and_its_time_of_day() {
        let now = Instant::now();
        let ticks: Vec<_> = (0..3_000).map(|milli| tick(now + Duration::from_millis(milli))).collect();
        let different = ticks.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((2_800..3_000).contains(&different), "{different}");
        let close = (0..1_000).map(|micro| tick(now + Duration::from_micros(micro)));
        let close: std::collections::HashSet<_> = close.collect();
        assert!(!cfg!(target_os = "linux") || close.len() <= 2, "{close:?}");
        assert!(!ticks.contains(&NEVER));

        for seconds in [-5.0_f64, 0.0, 5.0] {
            let apart = Duration::from_secs_f64(seconds.abs());
            let moment = if seconds < 0.0 { Instant::now() - apart } else { Instant::now() + apart };
            let (told, now) = (time_of(moment), SystemTime::now());
            let difference = told.duration_since(now).map_or_else(|e| -e.duration().as_secs_f64(), |d| d.as_secs_f64());
            assert!((difference - seconds).abs() < 1.0, "{difference} instead of {seconds}");
        }
    }
}
