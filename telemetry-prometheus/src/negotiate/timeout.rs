//! `X-Prometheus-Scrape-Timeout-Seconds`: how long the scraper waits.

use std::time::Duration;

use http::HeaderValue;

/// What is left for the way back, so that the scraper sees our answer and not its own timeout.
const MARGIN: Duration = Duration::from_millis(500);

/// Of a short timeout, the margin is this part.
const MARGIN_PART: u32 = 10;

/// Nobody waits longer, and whoever adds the limit to an `Instant` needs room there.
const MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a scrape may take: as configured, or less if the scraper will not wait for that.
///
/// `header` is its `X-Prometheus-Scrape-Timeout-Seconds`. One that is no positive number is ignored. The result is zero
/// only if that is configured.
pub(crate) fn scrape_timeout(configured: Option<Duration>, header: Option<&HeaderValue>) -> Option<Duration> {
    let requested = header.and_then(requested);
    match (configured, requested) {
        (Some(configured), Some(requested)) => Some(configured.min(requested)),
        _ => configured.or(requested),
    }
}

fn requested(header: &HeaderValue) -> Option<Duration> {
    let seconds: f64 = header.to_str().ok()?.trim().parse().ok()?;
    if !seconds.is_finite() {
        return None;
    }
    let timeout = Duration::try_from_secs_f64(seconds.min(MAX.as_secs_f64())).ok()?;
    Some(timeout - MARGIN.min(timeout / MARGIN_PART)).filter(|timeout| !timeout.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Instant;

    fn timeout(configured: Option<Duration>, header: &str) -> Option<Duration> {
        scrape_timeout(configured, Some(&HeaderValue::from_str(header).unwrap()))
    }

    #[test]
    fn px151_the_smaller_of_both_limits_counts() {
        let configured = Some(Duration::from_secs(10));
        assert_eq!(timeout(configured, "5.5"), Some(Duration::from_secs(5)));
        assert_eq!(timeout(configured, "15"), configured);
        assert_eq!(timeout(configured, "10"), Some(Duration::from_millis(9500)));
        assert_eq!(timeout(None, " 10 "), Some(Duration::from_millis(9500)));
        assert_eq!(scrape_timeout(configured, None), configured);
        assert_eq!(scrape_timeout(None, None), None);
    }

    #[test]
    fn px151_the_margin_of_a_short_timeout_is_a_part_of_it() {
        assert_eq!(timeout(None, "5"), Some(Duration::from_millis(4500)));
        assert_eq!(timeout(None, "1"), Some(Duration::from_millis(900)));
        assert_eq!(timeout(None, "0.5"), Some(Duration::from_millis(450)));
        assert_eq!(timeout(None, "1e-9"), Some(Duration::from_nanos(1)));
    }

    #[test]
    fn px151_what_is_no_positive_number_is_ignored() {
        let configured = Some(Duration::from_secs(10));
        for header in ["", " ", "0", "-0", "0.0", "1e-300", "-1", "NaN", "-nan", "inf", "-inf", "infinity", "1e999"] {
            assert_eq!(timeout(configured, header), configured, "{header}");
            assert_eq!(timeout(None, header), None, "{header}");
        }
        for header in ["ten", "10s", "1,5", "0x10", "1 0", "10;", "\u{e9}"] {
            assert_eq!(timeout(configured, header), configured, "{header}");
        }
        let not_utf8 = HeaderValue::from_bytes(b"\xff").unwrap();
        assert_eq!(scrape_timeout(configured, Some(&not_utf8)), configured);
    }

    #[test]
    fn px151_huge_timeouts_fit() {
        for header in ["1e308", "18446744073709551616", "99999999999999999999999999"] {
            let limit = timeout(None, header).unwrap();
            assert!(limit > Duration::from_secs(60 * 60));
            assert!(Instant::now().checked_add(limit).is_some());
            assert_eq!(timeout(Some(Duration::from_secs(10)), header), Some(Duration::from_secs(10)));
        }
        assert_eq!(timeout(Some(Duration::MAX), "1e999"), Some(Duration::MAX));
    }

    proptest! {
        #[test]
        fn px151_no_header_gives_zero_or_more_than_is_configured(
            header in prop::collection::vec(any::<u8>(), 0..12),
            millis in 1..100_000_u64,
        ) {
            let configured = Duration::from_millis(millis);
            if let Ok(header) = HeaderValue::from_bytes(&header) {
                let limit = scrape_timeout(Some(configured), Some(&header)).unwrap();
                prop_assert!(!limit.is_zero() && limit <= configured);
            }
        }

        #[test]
        fn px151_a_number_leaves_time_for_the_way_back(seconds in 1e-6..1e6_f64) {
            let limit = timeout(None, &seconds.to_string()).unwrap().as_secs_f64();
            prop_assert!(limit > 0.0 && limit < seconds);
        }
    }
}
