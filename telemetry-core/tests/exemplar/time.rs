//! One exemplar for each bucket and millisecond, and clocks that are set.

use std::time::{Duration, UNIX_EPOCH};

use telemetry_core::exemplar::{Buckets, ExemplarFilter};

use crate::{at, kept, reservoir, sampled, values};

#[test]
fn a_millisecond_has_one_exemplar() {
    let reservoir = reservoir(ExemplarFilter::TraceBased, Buckets::Single);
    let offer = |value, time| reservoir.offer(value, time, Some(&sampled()), &[]);
    let microsecond = Duration::from_micros(1);
    offer(1.0, at(5));
    offer(2.0, at(5));
    offer(3.0, at(6) - microsecond);
    assert_eq!(values(&reservoir), [1.0]);
    offer(4.0, at(6));
    assert_eq!(values(&reservoir), [4.0]);
    offer(5.0, at(6) + microsecond);
    assert_eq!(values(&reservoir), [4.0]);
}

#[test]
fn the_time_is_kept_as_it_was_given() {
    let reservoir = reservoir(ExemplarFilter::TraceBased, Buckets::Single);
    let time = at(5) + Duration::from_nanos(123_456);
    reservoir.offer(1.0, time, Some(&sampled()), &[]);
    assert_eq!(kept(&reservoir)[0].time(), time);
}

#[test]
fn a_clock_that_steps_back_shuts_nothing() {
    let reservoir = reservoir(ExemplarFilter::TraceBased, Buckets::Single);
    let (hour, day) = (Duration::from_secs(3600), Duration::from_secs(86_400));
    let milli = Duration::from_millis(1);
    let times = [
        at(0),
        at(0) - milli,
        at(0) - hour,
        at(0) + day * 365_000,
        at(0),
        UNIX_EPOCH + milli,
        UNIX_EPOCH,
        UNIX_EPOCH - milli,
        UNIX_EPOCH - day,
        at(1),
    ];
    for (time, value) in times.into_iter().zip(0_i32..) {
        reservoir.offer(value.into(), time, Some(&sampled()), &[]);
        assert_eq!(values(&reservoir), [f64::from(value)], "{time:?}");
    }
}
