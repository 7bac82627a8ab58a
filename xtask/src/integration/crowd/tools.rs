//! The programs that make the load, and what they say in the end.

use anyhow::{Context, Result, ensure};

#[derive(Debug, Clone, Copy)]
pub(in crate::integration) enum Tool {
    Wrk,
    H2load,
}

impl Tool {
    pub(in crate::integration) fn name(self) -> &'static str {
        match self {
            Self::Wrk => "wrk",
            Self::H2load => "h2load",
        }
    }

    /// One thread that sends for so long.
    pub(super) fn args(self, seconds: u64) -> [String; 2] {
        match self {
            Self::Wrk => ["-t1".to_owned(), format!("-d{seconds}s")],
            Self::H2load => ["-t1".to_owned(), format!("-D{seconds}")],
        }
    }

    /// How many whole answers it says that it got. All of them have to be good ones.
    pub(in crate::integration) fn answers(self, said: &str) -> Result<u64> {
        match self {
            Self::Wrk => {
                for bad in ["Socket errors", "Non-2xx"] {
                    ensure!(!said.contains(bad), "{bad}");
                }
                let line = said.lines().find_map(|line| line.split_once(" requests in "));
                Ok(line.context("no number of requests")?.0.trim().parse()?)
            }
            Self::H2load => {
                let numbers = numbers(said, "requests: ")?;
                let number = |name| numbers.iter().find(|(_, what)| *what == name).map(|(number, _)| *number);
                for bad in ["failed", "errored", "timeout"] {
                    ensure!(number(bad) == Some(0), "{bad}");
                }
                let statuses = self::numbers(said, "status codes: ")?;
                ensure!(statuses.iter().all(|&(number, what)| number == 0 || what == "2xx"), "a bad status");
                number("succeeded").context("no number of requests")
            }
        }
    }
}

/// The numbers of a line such as `requests: 3 total, 2 done`, with their names.
fn numbers<'a>(said: &'a str, begin: &str) -> Result<Vec<(u64, &'a str)>> {
    let line = said.lines().find_map(|line| line.strip_prefix(begin));
    let parts = line.with_context(|| format!("no line `{begin}`"))?.split(", ");
    let numbers = parts.map(|part| part.split_once(' ').and_then(|(number, name)| Some((number.parse().ok()?, name))));
    numbers.collect::<Option<_>>().with_context(|| format!("odd numbers behind `{begin}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRK: &str = "Running 1s test @ http://127.0.0.1:1/\n  27504 requests in 1.00s, 17.31MB read\n";
    const H2LOAD: &str = "finished in 1.00s, 14866.00 req/s, 8.07MB/s\n\
        requests: 14866 total, 14946 started, 14866 done, 14860 succeeded, 0 failed, 0 errored, 0 timeout\n\
        status codes: 14866 2xx, 0 3xx, 0 4xx, 0 5xx\n";

    #[test]
    fn answers_are_counted() {
        assert_eq!(Tool::Wrk.answers(WRK).unwrap(), 27504);
        assert_eq!(Tool::H2load.answers(H2LOAD).unwrap(), 14860);
    }

    #[test]
    fn whatever_went_wrong_is_an_error() {
        for more in ["  Socket errors: connect 0, read 1, write 0, timeout 0\n", "  Non-2xx or 3xx responses: 1\n"] {
            assert!(Tool::Wrk.answers(&format!("{WRK}{more}")).is_err(), "{more}");
        }
        assert!(Tool::Wrk.answers("").is_err());
        for (good, bad) in [
            ("0 failed", "1 failed"),
            ("0 errored", "1 errored"),
            ("0 timeout", ""),
            ("0 5xx", "1 5xx"),
            ("status", ""),
        ] {
            assert!(Tool::H2load.answers(&H2LOAD.replace(good, bad)).is_err(), "{bad}");
        }
    }
}
