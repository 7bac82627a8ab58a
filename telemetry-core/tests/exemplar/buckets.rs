//! Which measurement is kept for which bucket.

use telemetry_core::exemplar::{Buckets, ExemplarFilter, ExemplarReservoir};

use crate::{at, reservoir, sampled, values};

fn offered(buckets: Buckets<'_>, offers: &[f64]) -> ExemplarReservoir {
    let reservoir = reservoir(ExemplarFilter::TraceBased, buckets);
    for (&value, millisecond) in offers.iter().zip(0..) {
        reservoir.offer(value, at(millisecond), Some(&sampled()), &[]);
    }
    reservoir
}

#[test]
fn px124_each_bucket_keeps_its_latest() {
    let reservoir = offered(Buckets::Explicit(&[1.0, 2.0]), &[0.5, 9.0, 1.5, 0.25, 8.0, 0.75]);
    assert_eq!(values(&reservoir), [0.75, 1.5, 8.0]);
}

#[test]
fn px124_an_upper_bound_belongs_to_its_bucket() {
    let above = 1.0_f64.next_up();
    assert_eq!(values(&offered(Buckets::Explicit(&[1.0, 2.0]), &[1.0, above, 2.0])), [1.0, 2.0]);
    assert_eq!(values(&offered(Buckets::Explicit(&[1.0, 2.0]), &[2.0_f64.next_up(), 2.0])), [2.0, 2.0_f64.next_up()]);
}

#[test]
fn px124_the_outermost_values_have_a_bucket() {
    let buckets = Buckets::Explicit(&[0.0, 1.0]);
    assert_eq!(values(&offered(buckets, &[f64::INFINITY, f64::NEG_INFINITY])), [f64::NEG_INFINITY, f64::INFINITY]);
    assert_eq!(values(&offered(Buckets::Explicit(&[]), &[1.0, -5.0])), [-5.0]);
}

#[test]
fn px124_few_and_many_bounds_have_a_bucket_each_and_one_above() {
    for count in [1_u8, 15, 16, 17, 40] {
        let bounds: Vec<_> = (1..=count).map(f64::from).collect();
        let offers: Vec<_> = (0..=count).map(|below| f64::from(below) + 0.5).collect();
        assert_eq!(values(&offered(Buckets::Explicit(&bounds), &offers)), offers, "{count} bounds");
        let largest = values(&offered(Buckets::Explicit(&bounds), &[bounds[0], f64::INFINITY]));
        assert_eq!(largest, [bounds[0], f64::INFINITY], "{count} bounds");
    }
}

#[test]
fn px124_a_counter_keeps_the_latest() {
    assert_eq!(values(&offered(Buckets::Single, &[1.0, 1e9, 3.0])), [3.0]);
}

#[test]
fn co36_exponential_buckets_keep_twenty_exponents_apart() {
    let twenty: Vec<f64> = (-10..10).map(|exponent| 1.5 * 2_f64.powi(exponent)).collect();
    let mut kept = values(&offered(Buckets::Exponential, &twenty));
    kept.sort_by(f64::total_cmp);
    assert_eq!(kept, twenty);

    assert_eq!(values(&offered(Buckets::Exponential, &[1.0, 1.999, 1.5])), [1.5], "one exponent, one slot");
    assert_eq!(values(&offered(Buckets::Exponential, &[1.0, -1.5])), [-1.5], "the sign is no part of it");
    let many: Vec<f64> = (0..600).map(|exponent| 2_f64.powi(exponent)).collect();
    assert_eq!(values(&offered(Buckets::Exponential, &many)).len(), 20);
    let extremes = [0.0, -0.0, f64::MIN_POSITIVE / 2.0, f64::MAX, f64::INFINITY];
    assert_eq!(values(&offered(Buckets::Exponential, &extremes)).len(), 3, "0 to subnormal, largest, infinite");
}

#[test]
fn what_is_not_a_number_is_not_kept() {
    for buckets in [Buckets::Explicit(&[1.0]), Buckets::Single, Buckets::Exponential] {
        assert_eq!(values(&offered(buckets, &[f64::NAN, -f64::NAN])), [0.0; 0]);
        assert_eq!(values(&offered(buckets, &[0.5, f64::NAN])), [0.5]);
    }
}

#[test]
fn buckets_of_different_values_share_no_millisecond() {
    let reservoir = reservoir(ExemplarFilter::TraceBased, Buckets::Explicit(&[1.0]));
    for value in [0.5, 1.5, 0.75, 1.75] {
        reservoir.offer(value, at(0), Some(&sampled()), &[]);
    }
    assert_eq!(values(&reservoir), [0.5, 1.5]);
}

#[test]
fn the_default_reservoir_keeps_nothing() {
    let reservoir = ExemplarReservoir::default();
    reservoir.offer(1.0, at(0), Some(&sampled()), &[]);
    assert_eq!(values(&reservoir), [0.0; 0]);
}
