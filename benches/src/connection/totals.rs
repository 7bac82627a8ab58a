//! What a page of metrics has to say of the connections so far: nobody wins by doing nothing.

use anyhow::{Context, Result, ensure};

/// All that connections came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many are open.
    pub open: u64,
    /// How many have ended.
    pub ended: u64,
    /// Bytes that were read.
    pub read: u64,
    /// Bytes that were written.
    pub written: u64,
}

impl Totals {
    /// Whether `page`, in Prometheus' text, says the same.
    ///
    /// # Errors
    ///
    /// When a sample is missing, there twice, or wrong.
    pub fn check(&self, page: &str) -> Result<()> {
        let rows = [
            ("transport_server_active_connections", "", self.open),
            ("transport_server_connection_duration_seconds_count", "", self.ended),
            ("transport_server_io_bytes_total", "network_io_direction=\"receive\"", self.read),
            ("transport_server_io_bytes_total", "network_io_direction=\"transmit\"", self.written),
        ];
        for (name, label, expected) in rows {
            let is_it =
                |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{')) && line.contains(label);
            let mut found = page.lines().filter(is_it);
            let (line, again) = (found.next(), found.next());
            ensure!(again.is_none(), "{name} {label} is there twice");
            let Some(line) = line else {
                ensure!(expected == 0, "{name} {label} is missing");
                continue;
            };
            for label in ["network_transport=\"tcp\"", "network_type=\"ipv4\""] {
                ensure!(line.contains(label), "no {label}: {line}");
            }
            let (_, value) = line.rsplit_once(' ').context("a line without a value")?;
            ensure!(value.parse() == Ok(expected as f64), "{name} {label} is {value} instead of {expected}");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# TYPE transport_server_io_bytes_total counter
transport_server_active_connections{network_transport=\"tcp\",network_type=\"ipv4\"} 1
transport_server_connection_duration_seconds_count{network_transport=\"tcp\",network_type=\"ipv4\"} 2
transport_server_io_bytes_total{network_io_direction=\"receive\",network_transport=\"tcp\",network_type=\"ipv4\"} 3
transport_server_io_bytes_total{network_io_direction=\"transmit\",network_transport=\"tcp\",network_type=\"ipv4\"} 4
";

    #[test]
    fn what_is_missing_doubled_or_wrong_is_found() {
        let totals = Totals { open: 1, ended: 2, read: 3, written: 4 };
        let check = |page: &str| totals.check(page).map_err(|error| error.to_string());
        check(PAGE).unwrap();
        Totals::default().check("").unwrap();
        for line in PAGE.lines().skip(1) {
            assert!(check(&PAGE.replace(line, "")).unwrap_err().contains("is missing"), "{line}");
            assert!(check(&format!("{PAGE}{line}\n")).unwrap_err().contains("is there twice"), "{line}");
            assert!(check(&PAGE.replace(line, &format!("{line}0"))).unwrap_err().contains("instead of"), "{line}");
        }
        assert!(check(&PAGE.replace("ipv4", "ipv6")).unwrap_err().contains("no network_type"));
    }
}
