mod model;
mod recorded;

use super::*;

/// A histogram of positive values alone.
fn positive(scale: i8, offset: i32, counts: &[u64]) -> Exponential {
    let positive = ExponentialBuckets { offset, counts: counts.to_vec() };
    Exponential { count: counts.iter().sum(), scale, positive, ..Exponential::default() }
}

fn native(from: &Exponential) -> Native {
    let mut native = Native::default();
    native.fill(from).unwrap();
    native
}

fn error(from: &Exponential) -> NotNative {
    Native::default().fill(from).unwrap_err()
}

/// Spans and deltas for counts at a scale that stays as it is.
fn encoded(offset: i32, counts: &[u64]) -> (Vec<(i32, u32)>, Vec<i64>) {
    let native = native(&positive(0, offset, counts));
    (native.positive.spans, native.positive.deltas)
}

#[test]
fn px71_px84_a_scale_that_prometheus_knows_is_the_schema() {
    for scale in -4..=8 {
        let native = native(&positive(scale, 7, &[1]));
        assert_eq!((native.schema, &native.positive.spans[..]), (i32::from(scale), &[(8, 1)][..]));
    }
}

#[test]
fn px72_finer_buckets_are_merged() {
    for (scale, offset, counts, spans, deltas) in [
        // Pairs: -5 and -4 are bucket -3, which begins with a half; 1 is the half of bucket 0.
        (9, -5, &[1, 2, 4, 8, 16, 32, 64][..], &[(-2, 4)][..], &[1, 5, 18, 72][..]),
        (9, -4, &[1, 2, 4, 8], &[(-1, 2)], &[3, 9]),
        // Runs of four, and nothing in the second of them.
        (10, 0, &[1, 0, 0, 1, 0, 0, 0, 0, 5], &[(1, 3)], &[2, -2, 5]),
        // What every histogram with one value looks like.
        (20, -1, &[3], &[(0, 1)], &[3]),
        (20, 4095, &[3, 4], &[(1, 2)], &[3, 1]),
        (20, i32::MIN, &[1], &[(-524_287, 1)], &[1]),
        (i8::MAX, -1, &[2, 3], &[(0, 2)], &[2, 1]),
    ] {
        let native = native(&positive(scale, offset, counts));
        assert_eq!(native.schema, 8);
        assert_eq!((&native.positive.spans[..], &native.positive.deltas[..]), (spans, deltas), "{scale} {offset}");
    }
}

#[test]
fn px73_coarser_buckets_are_an_error() {
    for scale in [-5, -10, i8::MIN] {
        assert_eq!(error(&positive(scale, 0, &[1])), NotNative::TooCoarse);
    }
}

/// The bucket at 0 holds (1, 2] for OpenTelemetry; bucket 1 has the upper border 2 for Prometheus.
#[test]
fn px74_pb13_the_index_names_the_upper_border_on_both_sides() {
    let mut from = positive(0, 0, &[4]);
    from.negative = ExponentialBuckets { offset: -1, counts: vec![6] };
    let native = native(&from);
    assert_eq!((native.positive.spans, native.positive.deltas), (vec![(1, 1)], vec![4]));
    assert_eq!((native.negative.spans, native.negative.deltas), (vec![(0, 1)], vec![6]));
}

#[test]
fn px75_a_threshold_is_kept_or_tiny() {
    for (given, expected) in [(0.0, 1e-128), (-0.0, 1e-128), (-1.0, 1e-128), (f64::NAN, 1e-128), (0.25, 0.25)] {
        let native = native(&Exponential { zero_threshold: given, ..Exponential::default() });
        assert_eq!(native.zero_threshold, expected);
    }
}

#[test]
fn px77_the_vector_of_the_specification() {
    assert_eq!(encoded(3, &[10, 0, 0, 20, 5, 2]), (vec![(4, 1), (2, 3)], vec![10, 10, -15, -3]));
}

/// The second of the two forms that the format's documentation shows for these counts.
#[test]
fn pb10_the_vector_of_the_format() {
    assert_eq!(encoded(-3, &[3, 5, 0, 0, 1, 0, 3, 2]), (vec![(-2, 2), (2, 4)], vec![3, 2, -4, -1, 3, -1]));
}

#[test]
fn px77_pb11_only_a_short_gap_is_bridged_and_nothing_is_at_the_ends() {
    assert_eq!(encoded(0, &[1, 0, 1]), (vec![(1, 3)], vec![1, -1, 1]));
    assert_eq!(encoded(0, &[1, 0, 0, 1]), (vec![(1, 1), (2, 1)], vec![1, 0]));
    assert_eq!(encoded(0, &[0, 0, 1, 2, 0, 0, 0]), (vec![(3, 2)], vec![1, 1]));
    assert_eq!(encoded(-1, &[0, 7]), (vec![(1, 1)], vec![7]));
    assert_eq!(encoded(5, &[0, 0, 0]), (vec![], vec![]));
}

#[test]
fn px78_a_side_without_values_is_empty() {
    let native = native(&positive(3, 0, &[1, 2]));
    assert!(native.negative.spans.is_empty() && native.negative.deltas.is_empty());
}

/// The threshold is above 0, so the empty span that would mark the histogram as native is not needed.
#[test]
fn px79_pb08_no_observations_need_no_span() {
    let native = native(&positive(20, 0, &[]));
    assert!(native.zero_threshold > 0.0);
    assert!(native.positive.spans.is_empty());
    assert_eq!((native.count, native.zero_count), (0, 0));
}

#[test]
fn px76_px82_pb09_the_count_is_what_the_buckets_hold() {
    let mut from = positive(0, 0, &[1, 2]);
    from.negative = ExponentialBuckets { offset: 0, counts: vec![4] };
    from.zero_count = 8;
    for claimed in [15, 16, 0] {
        from.count = claimed;
        assert_eq!((native(&from).count, native(&from).zero_count), (15, 8));
    }
}

#[test]
fn px83_counts_never_wrap() {
    let most = i64::MAX as u64;
    assert_eq!(encoded(0, &[most, 0, most]), (vec![(1, 3)], vec![i64::MAX, -i64::MAX, i64::MAX]));
    assert_eq!(encoded(0, &[most, 1]), (vec![(1, 2)], vec![i64::MAX, 1 - i64::MAX]));
    for (scale, counts) in [(0, &[most + 1][..]), (9, &[most, 1])] {
        assert_eq!(error(&positive(scale, 0, counts)), NotNative::TooMany);
    }
    let full = || ExponentialBuckets { offset: 0, counts: vec![most, most] };
    let overfull = ExponentialBuckets { offset: 0, counts: vec![most, most, most] };
    for (zero_count, positive, negative) in
        [(0, full(), full()), (2, full(), <_>::default()), (0, overfull, <_>::default())]
    {
        let from = Exponential { zero_count, positive, negative, ..Exponential::default() };
        assert_eq!(error(&from), NotNative::TooMany);
    }
}

#[test]
fn indexes_outside_of_32_bits_are_an_error() {
    assert_eq!(error(&positive(0, i32::MAX, &[1])), NotNative::OutOfRange);
    assert_eq!(error(&positive(0, i32::MAX - 1, &[1, 1])), NotNative::OutOfRange);
    assert_eq!(encoded(i32::MAX - 1, &[1, 0, 0]), (vec![(i32::MAX, 1)], vec![1]));
    assert_eq!(encoded(i32::MIN, &[1]), (vec![(i32::MIN + 1, 1)], vec![1]));
    // Merged, they fit again.
    assert_eq!(native(&positive(9, i32::MAX, &[1, 1])).positive.spans, [(1 << 30, 2)]);
}

#[test]
fn a_second_fill_replaces_the_first_in_the_same_memory() {
    let mut from = positive(9, 0, &[1, 0, 0, 0, 0, 0, 0, 0, 1]);
    from.negative = ExponentialBuckets { offset: 3, counts: vec![1; 9] };
    let mut native = native(&from);
    let memory =
        |of: &NativeBuckets| (of.spans.as_ptr(), of.spans.capacity(), of.deltas.as_ptr(), of.deltas.capacity());
    let first = (memory(&native.positive), memory(&native.negative));
    native.fill(&positive(-2, 0, &[2, 0, 0, 3])).unwrap();
    assert_eq!((memory(&native.positive), memory(&native.negative)), first);
    assert_eq!((native.schema, native.count), (-2, 5));
    assert_eq!((native.positive.spans, native.positive.deltas), (vec![(1, 1), (2, 1)], vec![2, 1]));
    assert!(native.negative.spans.is_empty() && native.negative.deltas.is_empty());
}
