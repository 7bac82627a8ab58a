//! The clock of a request without a span: the one that [`Instant`](std::time::Instant) reads. On Linux it is read as one
//! number. An `Instant` keeps seconds and nanoseconds apart, and the difference of two of them costs as much as two looks
//! at the clock.

#[cfg(target_os = "linux")]
mod system {
    use rustix::time::{ClockId, clock_gettime};

    /// A moment, in nanoseconds of the monotonic clock.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Moment(i64);

    impl Moment {
        #[inline]
        pub(crate) fn now() -> Self {
            let time = clock_gettime(ClockId::Monotonic);
            // It begins when the system starts, so it lasts for centuries.
            Self(time.tv_sec.wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec))
        }

        /// How long ago the moment was; nothing if it lies ahead.
        #[inline]
        pub(crate) fn elapsed_nanos(self) -> i64 {
            Self::now().0.wrapping_sub(self.0).max(0)
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::time::Instant;

    /// A moment.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Moment(Instant);

    impl Moment {
        #[inline]
        pub(crate) fn now() -> Self {
            Self(Instant::now())
        }

        /// How long ago the moment was; nothing if it lies ahead.
        #[inline]
        pub(crate) fn elapsed_nanos(self) -> i64 {
            self.0.elapsed().as_nanos() as i64
        }
    }
}

pub(crate) use system::Moment;

impl Moment {
    #[inline]
    pub(crate) fn elapsed(self) -> Elapsed {
        Elapsed(self.elapsed_nanos())
    }
}

/// How long something took. It stands in for a [`Duration`](std::time::Duration), of which the seconds would have to be put
/// together again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elapsed(i64);

impl Elapsed {
    #[inline]
    pub(crate) fn as_secs_f64(self) -> f64 {
        // Not times a billionth, which is no number that a float has.
        self.0 as f64 / 1e9
    }

    #[inline]
    pub(crate) fn as_nanos(self) -> u128 {
        self.0 as u128
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn it_keeps_time_with_an_instant() {
        const NAP: Duration = Duration::from_millis(5);
        let outside = Instant::now();
        let moment = Moment::now();
        let inside = Instant::now();
        sleep(NAP);
        let at_least = inside.elapsed();
        let elapsed = moment.elapsed();
        let at_most = outside.elapsed();
        assert!((at_least.as_nanos()..=at_most.as_nanos()).contains(&elapsed.as_nanos()));
        assert!((at_least.as_secs_f64()..=at_most.as_secs_f64()).contains(&elapsed.as_secs_f64()));
    }

    #[test]
    fn seconds_are_those_of_a_duration() {
        for nanos in [0, 1, 999, 1_000_000, 5_000_000, 75_000_000, 1_000_000_000, 10_000_000_000, 86_400_000_000_001] {
            assert_eq!(Elapsed(nanos).as_secs_f64(), Duration::from_nanos(nanos as u64).as_secs_f64());
        }
    }
}
