//! What a page of metrics has to say after a number of requests: nobody wins by doing nothing.

use anyhow::{Context, Result, ensure};

use crate::page::samples;

/// The route's template, as it stands in a label.
pub const ROUTE: &[&str] = &["\"/users/{id}\""];
/// And the status of every response.
pub const ROUTE_AND_STATUS: &[&str] = &["\"/users/{id}\"", "\"200\""];

/// A sample of Prometheus' text that a system has to have, once.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Its name on the page.
    pub name: &'static str,
    /// What each request adds to it.
    pub each: usize,
    /// What stands in its labels.
    pub labels: &'static [&'static str],
}

impl Sample {
    /// Whether `page` has the right value after so many requests.
    ///
    /// # Errors
    ///
    /// When the sample is missing, there twice, or wrong.
    pub fn check(&self, page: &str, requests: u64) -> Result<()> {
        let mut found = samples(page, self.name);
        let (labels, value) = found.next().with_context(|| format!("{} is missing", self.name))??;
        ensure!(found.next().is_none(), "{} is there twice", self.name);
        for label in self.labels {
            ensure!(labels.contains(label), "{} has no label {label}: {labels}", self.name);
        }
        let expected = requests as f64 * self.each as f64;
        ensure!(value == expected, "{} is {value} instead of {expected}", self.name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_doubled_or_wrong_is_found() {
        let sample = Sample { name: "requests_total", each: 5, labels: ROUTE };
        let check = |page: &str| sample.check(page, 3).map_err(|error| error.to_string());
        let line = "requests_total{route=\"/users/{id}\"} 15\n";

        check(&format!("# TYPE requests_total counter\nrequests_total_other 4\n{line}")).unwrap();
        assert_eq!(check("requests_total_other 15").unwrap_err(), "requests_total is missing");
        assert_eq!(check(&line.repeat(2)).unwrap_err(), "requests_total is there twice");
        assert_eq!(check(&line.replace("15", "14")).unwrap_err(), "requests_total is 14 instead of 15");
        assert!(check(&line.replace("/users/{id}", "/users/42")).unwrap_err().contains("has no label"));
    }
}
