//! Medians and what can be said of them.

/// A ratio, and the interval that holds it with 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ratio {
    pub(super) median: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// How many samples are drawn from the samples.
const DRAWS: usize = 2_000;

impl Ratio {
    /// Of `samples`, each the ratio of one turn. The interval is a bootstrap's, from the same draws each time.
    pub(super) fn of(samples: &[f64]) -> Self {
        let mut random = fastrand::Rng::with_seed(1);
        let mut draw = || median((0..samples.len()).map(|_| samples[random.usize(..samples.len())]));
        let mut medians: Vec<_> = (0..DRAWS).map(|_| draw()).collect();
        medians.sort_by(f64::total_cmp);
        Self {
            median: median(samples.iter().copied()),
            low: quantile(&medians, 0.025),
            high: quantile(&medians, 0.975),
        }
    }

    /// Whether it is certain enough that the ratio is not 1, and more than turns of the same program differ by.
    pub(super) fn is_beyond(&self, noise: f64) -> bool {
        !(self.low..=self.high).contains(&1.0) && distance(self.median) > noise
    }
}

/// How far a ratio is from 1, either way.
pub(super) fn distance(ratio: f64) -> f64 {
    ratio.max(1.0 / ratio) - 1.0
}

pub(super) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}

/// Of sorted values.
pub(super) fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_beyond_noise_when_it_is_certain_and_large() {
        let steady = Ratio::of(&[1.10, 1.11, 1.12, 1.11, 1.10, 1.13]);
        assert!((1.10..1.12).contains(&steady.median) && steady.low >= 1.10 && steady.high <= 1.13, "{steady:?}");
        assert!(steady.is_beyond(0.05));
        assert!(!steady.is_beyond(0.2));
        assert!(!Ratio::of(&[0.8, 1.3, 1.1, 0.9, 1.2, 1.0]).is_beyond(0.01));
        assert!(Ratio::of(&[0.8, 0.81, 0.8]).is_beyond(0.1));
    }

    #[test]
    fn distances_are_the_same_either_way() {
        assert!((distance(0.5) - distance(2.0)).abs() < 1e-12);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
    }
}
