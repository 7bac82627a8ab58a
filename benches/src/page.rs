//! What a page in Prometheus' text says.

use anyhow::{Context, Result};

/// The samples of this name: what stands between it and the value, and the value.
pub fn samples<'page>(page: &'page str, name: &str) -> impl Iterator<Item = Result<(&'page str, f64)>> {
    page.lines().filter_map(move |line| {
        let rest = line.strip_prefix(name).filter(|rest| rest.starts_with(['{', ' ']))?;
        Some(sample(rest).with_context(|| format!("{name} has no value: {line}")))
    })
}

fn sample(rest: &str) -> Result<(&str, f64)> {
    let (labels, value) = rest.rsplit_once(' ').context("there is no space")?;
    Ok((labels, value.parse()?))
}

/// How many samples of this name there are, and their sum.
///
/// # Errors
///
/// When one of them has no value.
pub fn sum(page: &str, name: &str) -> Result<(usize, f64)> {
    samples(page, name).try_fold((0, 0.0), |(count, sum), sample| Ok((count + 1, sum + sample?.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_one_name_are_added() {
        let page = "# TYPE a counter\na{b=\"c d\"} 1\na{b=\"e\"} 2.5\na_b 7\nab 9\n";
        assert_eq!(sum(page, "a").unwrap(), (2, 3.5));
        assert_eq!(sum(page, "a_b").unwrap(), (1, 7.0));
        assert_eq!(sum(page, "b").unwrap(), (0, 0.0));
        assert!(sum("a{} one", "a").is_err());
        assert_eq!(sum("a_b 7", "a").unwrap(), (0, 0.0));
    }
}
