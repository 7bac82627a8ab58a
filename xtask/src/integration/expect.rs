//! From the ledger to queries and their answers.

use std::collections::BTreeMap;

use super::compare::{Check, Expected, Labels};
use super::load::clients::{SLOW_MS, SLOW_ROUTE};
use crate::stage::ledger::{Kind, Ledger, Sums};
use crate::stage::wire::Wire;

const DURATION: &str = "http_server_request_duration_seconds";
const REQUEST_SIZE: &str = "http_server_request_body_size_bytes";
const RESPONSE_SIZE: &str = "http_server_response_body_size_bytes";

/// How much the bytes that the driver read say about those that the server wrote.
#[derive(Debug, Clone, Copy)]
pub(super) enum Transmitted {
    /// Every connection was read to its end.
    All,
    /// Some clients went away, and left bytes unread.
    AtLeastThese,
}

pub(super) fn checks(ledger: &Ledger, wire: &Wire, transmitted: Transmitted) -> Vec<Check> {
    let mut checks = requests(ledger);
    checks.extend(connections(wire, transmitted));
    checks
}

fn requests(ledger: &Ledger) -> Vec<Check> {
    let total = ledger.total();
    let mut checks = vec![
        Check::one("up", Expected::count(1)),
        Check::one(format!("sum({DURATION}_count)"), Expected::count(total.count)),
        Check::one(format!("sum({DURATION}_bucket{{le=\"+Inf\"}})"), Expected::count(total.count)),
        Check::one(format!("sum({REQUEST_SIZE}_sum)"), Expected::count(total.request_bytes)),
        Check::one(format!("sum({RESPONSE_SIZE}_sum)"), Expected::count(total.response_bytes)),
        by_kind(ledger, &format!("{DURATION}_count"), |_, sums| Some(sums.count)),
        by_kind(ledger, &format!("{REQUEST_SIZE}_count"), |_, sums| Some(sums.count)),
        by_kind(ledger, &format!("{REQUEST_SIZE}_sum"), |_, sums| Some(sums.request_bytes)),
        // Without a head there was no response that could have a size.
        by_kind(ledger, &format!("{RESPONSE_SIZE}_count"), |kind, sums| kind.ending.status().map(|_| sums.count)),
        by_kind(ledger, &format!("{RESPONSE_SIZE}_sum"), |kind, sums| {
            kind.ending.status().map(|_| sums.response_bytes)
        }),
    ];
    checks.extend(slow(ledger));
    checks.push(active(ledger));
    checks
}

/// Every kind of request that has such a number, and no other series.
fn by_kind(ledger: &Ledger, query: &str, number: fn(&Kind, &Sums) -> Option<u64>) -> Check {
    let series = ledger.kinds().filter_map(|(kind, sums)| {
        let number = number(kind, sums)?;
        Some((labels(kind), Expected::count(number)))
    });
    Check { query: query.to_owned(), series: series.collect() }
}

fn labels(kind: &Kind) -> Labels {
    let mut labels = Labels::from([
        ("http_request_method".to_owned(), kind.method.clone()),
        ("network_protocol_version".to_owned(), kind.version.to_owned()),
        ("url_scheme".to_owned(), "http".to_owned()),
    ]);
    let mut optional = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            labels.insert(name.to_owned(), value);
        }
    };
    optional("http_route", kind.route.map(str::to_owned));
    optional("http_response_status_code", kind.ending.status().map(|status| status.to_string()));
    optional("error_type", kind.ending.error_type());
    labels
}

/// The clock itself: a handler that sleeps is never quicker than its sleep.
fn slow(ledger: &Ledger) -> [Check; 2] {
    let slow = ledger.kinds().filter(|(kind, _)| kind.route == Some(SLOW_ROUTE) && kind.ending.status().is_some());
    let count: u64 = slow.map(|(_, sums)| sums.count).sum();
    let selector = format!("http_route=\"{SLOW_ROUTE}\",http_response_status_code=\"200\"");
    // Milliseconds of a test run are far below 2^53.
    let least = (count * SLOW_MS) as f64 / 1000.0;
    [
        Check::one(format!("sum({DURATION}_bucket{{{selector},le=\"0.1\"}})"), Expected::count(0)),
        Check::one(format!("sum({DURATION}_sum{{{selector}}})"), Expected::AtLeast(least)),
    ]
}

/// Nothing is active in the end, whatever methods were.
fn active(ledger: &Ledger) -> Check {
    let methods: BTreeMap<&str, ()> = ledger.kinds().map(|(kind, _)| (kind.method.as_str(), ())).collect();
    let series = methods.into_keys().map(|method| {
        let labels = [("http_request_method", method), ("url_scheme", "http")];
        (Labels::from(labels.map(|(name, value)| (name.to_owned(), value.to_owned()))), Expected::count(0))
    });
    Check { query: "http_server_active_requests".to_owned(), series: series.collect() }
}

fn connections(wire: &Wire, transmitted: Transmitted) -> Vec<Check> {
    let sent = match transmitted {
        Transmitted::All => Expected::count(wire.received()),
        Transmitted::AtLeastThese => Expected::AtLeast(wire.received() as f64),
    };
    let transport = |more: &[(&str, &str)]| {
        let all = [&[("network_transport", "tcp"), ("network_type", "ipv4")], more].concat();
        all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Labels>()
    };
    let one = |query: &str, expected| Check { query: query.to_owned(), series: vec![(transport(&[]), expected)] };
    vec![
        one("transport_server_active_connections", Expected::count(0)),
        // Connections that broke off may tell so in a label of their own.
        one(
            "sum by (network_transport, network_type) (transport_server_connection_duration_seconds_count)",
            Expected::count(wire.connections()),
        ),
        Check {
            query: "transport_server_io_bytes_total".to_owned(),
            series: vec![
                (transport(&[("network_io_direction", "receive")]), Expected::count(wire.sent())),
                (transport(&[("network_io_direction", "transmit")]), sent),
            ],
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::ledger::Ending;

    #[test]
    fn labels_are_those_of_the_exporter() {
        let kind = Kind::new("BREW", Some("/"), "2", Ending::Answered(500));
        let pairs = [
            ("error_type", "500"),
            ("http_request_method", "_OTHER"),
            ("http_response_status_code", "500"),
            ("http_route", "/"),
            ("network_protocol_version", "2"),
            ("url_scheme", "http"),
        ];
        assert!(labels(&kind).iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(pairs));

        let kind = Kind::new("GET", None, "1.1", Ending::CancelledBeforeHead);
        let names: Vec<_> = labels(&kind).into_keys().collect();
        assert_eq!(names, ["error_type", "http_request_method", "network_protocol_version", "url_scheme"]);
    }

    #[test]
    fn every_booked_kind_is_expected() {
        let mut ledger = Ledger::default();
        ledger.record(Kind::new("GET", None, "1.1", Ending::Answered(404)), 1, 2);
        ledger.record(Kind::new("GET", None, "2", Ending::Answered(404)), 3, 4);
        ledger.record(Kind::new("GET", None, "2", Ending::Panicked), 0, 0);
        let wire = Wire::new("127.0.0.1:1".parse().unwrap());
        let checks = checks(&ledger, &wire, Transmitted::All);
        let find = |query: &str| checks.iter().find(|check| check.query == query).unwrap();
        assert_eq!(find(&format!("{DURATION}_count")).series.len(), 3);
        assert_eq!(find(&format!("{RESPONSE_SIZE}_count")).series.len(), 2);
        assert_eq!(find("http_server_active_requests").series.len(), 1);
        assert_eq!(find(&format!("sum({RESPONSE_SIZE}_sum)")).series[0].1.to_string(), "6");
    }
}
