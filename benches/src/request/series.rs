//! Requests that are spread over many series.

use std::convert::Infallible;

use anyhow::{Result, ensure};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use telemetry_http::RequestMetricsLayer;
use tower::{Layer, Service, service_fn};

use super::system::{Parts, Sender};
use super::workload::{Workload, answer, matched_paths};
use crate::metrics::Metrics;
use crate::page::sum;

/// How many series further the next request is. No number of series has a divisor in common with it, so that each client
/// comes to all of them before it comes to one again, and not in the order in which they were made.
const STRIDE: usize = 389;

const COUNT: &str = "http_server_request_duration_seconds_count";

/// Requests to so many routes, to a service without metrics.
#[must_use]
pub fn bare(series: usize) -> Parts {
    clients(series, service_fn(answer))
}

/// The same through our layer as it comes.
#[must_use]
pub fn ours(series: usize) -> Parts {
    let metrics = Metrics::new();
    let service = RequestMetricsLayer::custom(metrics.options()).layer(service_fn(answer));
    clients(series, service).checked(move |requests| check(&metrics.page()?, series, requests))
}

/// Each client has routes of its own, as requests of several connections have: nothing is shared but the service.
fn clients<S, B>(series: usize, service: S) -> Parts
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    B: Body<Error = Infallible>,
{
    Parts::of_clients(move || {
        let route = |series| (format!("/resource{series}/{{id}}"), format!("/resource{series}/42"));
        let paths = matched_paths((0..series).map(route))?;
        let mut service = service.clone();
        let mut position = 0;
        let send = move |requests: u64| {
            for _ in 0..requests {
                position = (position + STRIDE) % paths.len();
                Workload::Get.send(&mut service, &paths[position]);
            }
        };
        Ok(Box::new(send) as Sender)
    })
}

/// One metric stands for all: what else a request leaves is proved where there are fewer series.
fn check(page: &str, series: usize, requests: u64) -> Result<()> {
    let series = requests.min(series as u64) as usize;
    let (found, sum) = sum(page, COUNT)?;
    ensure!(found == series, "{COUNT} has {found} series instead of {series}");
    ensure!(sum == requests as f64, "{COUNT} is {sum} instead of {requests}, all together");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::System;
    use super::*;

    #[test]
    fn requests_come_to_all_series_and_what_is_lost_is_found() {
        System::of_parts("ours", ours(100)).unwrap().send(1);
        let one = format!("{COUNT}{{route=\"a\"}} 2\n");
        let both = format!("{one}{}", one.replace("\"a\"", "\"b\""));
        let check = |page: &str, series, requests| check(page, series, requests).map_err(|error| error.to_string());
        check(&both, 2, 4).unwrap();
        assert!(check(&one, 2, 4).unwrap_err().contains("has 1 series instead of 2"));
        assert!(check(&both, 2, 5).unwrap_err().contains("is 4 instead of 5"));
    }
}
