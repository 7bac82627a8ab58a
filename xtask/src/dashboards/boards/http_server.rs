//! Requests that a service answers.

use super::grpc;
use super::http::Requests;
use crate::dashboards::layout::{Dashboard, Row};
use crate::dashboards::panel::{Panel, Unit, number, series};
use crate::dashboards::query::{CANCELLED, Histogram, NOT_CANCELLED, SUCCEEDED, select, share, sum};
use crate::dashboards::variable;

/// Takes requests without a route too, while all are chosen.
const OF: &str = "http_route=~\"$route\"";
const DURATIONS: Histogram = Histogram { name: "http_server_request_duration_seconds", of: OF };
const HEADS: Histogram = Histogram { name: "http_server_response_head_duration_seconds", of: OF };

/// A service with native histograms has the one name, all others have the other.
const METRICS: &str = "http_server_request_duration_seconds(_count)?";

/// Targets of Apdex: each is a bound of the default buckets, and so is four times as long. The values are patterns of
/// both bounds, whole numbers in each way that Prometheus writes them. A target is read by its name.
const TARGETS: [(&str, &str); 3] = [("0.025", "0[.]025|0[.]1"), ("0.25", "0[.]25|1|1[.]0"), ("2.5", "2[.]5|10|10[.]0")];
const USUAL_TARGET: usize = 1;

pub(super) fn dashboard() -> Dashboard {
    let requests = Requests {
        durations: DURATIONS,
        request_bodies: Histogram { name: "http_server_request_body_size_bytes", of: OF },
        response_bodies: Histogram { name: "http_server_response_body_size_bytes", of: OF },
        label: "http_route",
        without: "no route",
        on_errors: "Look at the errors by type, then at the log and the spans of the route.",
        on_slowness: "If it grows, look at the busy share of the runtime, then at what the route waits for.",
        cancelled: CANCELLED,
        on_cancels: "The client hung up, or a timeout around the service struck: slow responses are the usual \
                     reason.",
    };
    let [datasource, job, instance] = variable::services(METRICS);
    let routes = format!("{{__name__=~\"{METRICS}\", job=~\"$job\", instance=~\"$instance\"}}");
    let mut overview = requests.numbers();
    overview.push(apdex_now());
    let mut durations = requests.durations();
    durations.push(apdex());
    durations.push(heads());
    let mut native = requests.native();
    native.push(apdex_native());
    Dashboard {
        name: "http-server",
        title: "HTTP server",
        description: "Requests that services answer: how many, how well, how fast.",
        variables: vec![
            datasource,
            job,
            instance,
            variable::of_label("route", "Route", &routes, "http_route"),
            variable::choice("apdex", "Apdex target (s)", &TARGETS, USUAL_TARGET),
        ],
        rows: vec![
            Row::open("Overview", overview),
            Row::open("Traffic", vec![requests.by_label(), requests.by_status(), requests.by_method(), active()]),
            requests.errors(),
            Row::open("Durations", durations),
            Row::collapsed("Native histograms", native),
            requests.bodies(),
            grpc::row(Histogram { name: "rpc_server_call_duration_seconds", of: "" }),
        ],
    }
}

fn active() -> Panel {
    let active = sum("http_request_method", &select("http_server_active_requests", ""));
    series(
        "Active requests",
        Unit::Count,
        "Requests that have begun and not ended, of all routes. If they grow while as many end as before, something \
         holds them up.",
    )
    .query("{{http_request_method}}", active)
    .stacked()
    .empty("No request has come since the start")
}

fn heads() -> Panel {
    const REASON: &str = "Only with `with_response_head_duration`";
    series(
        "Duration until the head, p95",
        Unit::Seconds,
        "Until the head of the response, for 95 of 100 requests. What the whole duration has beyond it is the body: \
         its size, or a slow client.",
    )
    .query("{{http_route}}", HEADS.classic(0.95, "http_route"))
    .query("{{http_route}} (native)", HEADS.native(0.95, "http_route"))
    .empty(REASON)
}

const APDEX: &str = "Requests that satisfy, and half of those that are tolerated, of all: 1 is best. Within the \
                     target is satisfying, within four times the target tolerable; a failed one is neither, a \
                     cancelled one is left out.";

fn apdex_now() -> Panel {
    number("Apdex", Unit::Count, format!("{APDEX} Below 0.85 look at durations and errors."))
        .query("", format!("{} or {}", from_buckets(), from_native()))
        .colours("red", &[(0.7, "orange"), (0.85, "green")])
        .empty("No requests in this time")
}

fn apdex() -> Panel {
    series("Apdex", Unit::Count, APDEX)
        .query("Apdex", from_buckets())
        .empty("No requests in this time, or native histograms alone: see their row")
}

fn apdex_native() -> Panel {
    series("Apdex, native", Unit::Count, APDEX).query("Apdex", from_native()).empty(
        "Only with native histograms: an exponential aggregation in the service, native-histograms in Prometheus",
    )
}

/// The bucket of four times the target has those of the target as well: half of their sum is the two of the formula.
/// Where all requests fail, none satisfies.
fn from_buckets() -> String {
    let both = DURATIONS.buckets("", &format!("le=~\"$apdex\", {SUCCEEDED}"));
    let all = DURATIONS.classic_count("", NOT_CANCELLED);
    share(&format!("({both} / 2 or 0 * {all})"), &all)
}

fn from_native() -> String {
    let succeeded = DURATIONS.whole("", SUCCEEDED);
    let within = |times: &str| format!("histogram_fraction(0, {times}${{apdex:text}}, {succeeded})");
    let both = format!("({} + {}) / 2", within(""), within("4 * "));
    let all = format!("histogram_count({})", DURATIONS.whole("", NOT_CANCELLED));
    share(&format!("({both} * histogram_count({succeeded}) or 0 * {all})"), &all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_of_apdex_has_both_of_its_bounds() {
        for (target, pattern) in TARGETS {
            let target: f64 = target.parse().unwrap();
            // As a page has a bound, and as Prometheus keeps it: a whole number gets a fraction there.
            let written = |bound: f64| [format!("{bound}"), format!("{bound:?}")];
            let mut bounds: Vec<_> = [target, 4.0 * target].into_iter().flat_map(written).collect();
            bounds.dedup();
            let alternatives: Vec<_> = pattern.split('|').map(|one| one.replace("[.]", ".")).collect();
            assert_eq!(alternatives, bounds);
        }
    }
}
