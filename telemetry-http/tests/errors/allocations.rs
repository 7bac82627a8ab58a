//! Telling errors apart costs no allocation.

use std::future::ready;
use std::pin::pin;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, poll_once};
use telemetry_http::{RequestBody, RequestMetricsLayer};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::clients::{distrustful, http1, hyper_util};
use crate::connect::unresolvable;
use crate::servers::{hang_up, refusing, server};
use crate::{BoxError, get};

const ERRORS: usize = 10;

/// What recording the errors allocates, after a first one of the same kind. Asserts what they are.
fn allocations<E: 'static>(mut errors: Vec<E>, expected: &str) -> u64 {
    assert_eq!(errors.len(), ERRORS);
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()));
    let mut service = layer.layer(service_fn(move |_: Request<RequestBody<Full<Bytes>>>| {
        ready(Err::<Response<Full<Bytes>>, E>(errors.pop().unwrap()))
    }));
    let mut send = || assert!(poll_once(pin!(service.call(Request::default()))).is_ready());
    send();
    let count = allocation_counter::measure(|| (1..ERRORS).for_each(|_| send())).count_total;
    let seen = metrics.snapshot().count("http.server.request.duration", &[("error.type", expected)]);
    assert_eq!(seen, ERRORS as u64, "{expected}");
    count
}

async fn errors<S>(client: S, uri: &str) -> Vec<S::Error>
where
    S: Service<Request<RequestBody<Full<Bytes>>>> + Clone,
{
    let mut errors = Vec::new();
    for _ in 0..ERRORS {
        let request = get(uri).map(|_| RequestBody::default());
        errors.extend(client.clone().oneshot(request).await.err());
    }
    errors
}

#[tokio::test]
async fn hc_16_no_error_of_hyper_util_allocates() {
    let client = hyper_util(&http1(), distrustful());
    let (_socket, refusing) = refusing();
    let silent = server(hang_up).await;
    for (uri, expected) in [
        (unresolvable(), "dns_error"),
        (format!("http://{refusing}/"), "connection_refused"),
        (format!("https://{silent}/"), "unexpected_eof"),
    ] {
        assert_eq!(allocations(errors(client.clone(), &uri).await, expected), 0, "{expected}");
        let boxed = client.clone().map_err(BoxError::from);
        assert_eq!(allocations(errors(boxed, &uri).await, expected), 0, "{expected}");
    }
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn hc_16_no_error_of_reqwest_allocates() {
    let client = crate::clients::reqwest::build(reqwest::Client::builder(), distrustful());
    let mut errors = Vec::new();
    for _ in 0..ERRORS {
        errors.extend(client.get(unresolvable()).send().await.err());
    }
    assert_eq!(allocations(errors, "dns_error"), 0);
}
