//! What is tried again, and when.

use std::time::{Duration, Instant};

use telemetry_core::opentelemetry::metrics::MeterProvider;
use tonic::Code;

use crate::mode::{Mode, answer, status};
use crate::receiver::{Protocol, Receiver, Seen};
use crate::rig::{Rig, builder, counts};

const SECOND: Duration = Duration::from_secs(1);

fn after(protocol: Protocol, seconds: u64) -> Mode {
    match protocol {
        Protocol::Http => answer(429, &[("retry-after", &seconds.to_string())], b""),
        Protocol::Grpc => status(Code::ResourceExhausted, Some(Duration::from_secs(seconds))),
    }
}

#[test]
fn nothing_is_lost_while_a_receiver_is_away_for_a_while() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, Mode::Away);
        let rig = Rig::new(builder(&receiver).with_setting("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "3"));
        rig.spans(3);
        rig.until("a second failure", |rig| rig.log.lines_with("cannot be exported") == 1);
        receiver.set(Mode::Fine);
        receiver.wait_for(|seen| seen.iter().any(|seen| seen.is_of("trace")));
        rig.telemetry.flush().unwrap();
        assert_eq!(rig.by_error("otel.sdk.exporter.span.exported"), counts(&[("", 3)]));
        assert_eq!(rig.log.lines_with("lost=0"), 1, "{}", rig.log.text());
        assert_eq!(rig.log.text().lines().count(), 2, "{}", rig.log.text());
    }
}

#[test]
fn a_receiver_that_restarts_is_not_even_told_of() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, Mode::Fine);
        let rig = Rig::new(builder(&receiver));
        for round in 1..4 {
            rig.span();
            rig.telemetry.flush().unwrap();
            assert_eq!(receiver.connections(), round);
            receiver.cut();
        }
        assert_eq!(rig.log.text(), "");
    }
}

#[test]
fn a_connection_is_used_again() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, Mode::Fine);
        let rig = Rig::new(builder(&receiver));
        for _ in 0..5 {
            rig.span();
            rig.telemetry.flush().unwrap();
        }
        assert_eq!(receiver.connections(), 1);
    }
}

#[test]
fn no_sooner_than_the_receiver_says() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, after(protocol, 2));
        let rig = Rig::new(builder(&receiver).with_setting("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1"));
        rig.span();
        receiver.wait_for(|seen| seen.len() == 1);
        receiver.set_quietly(Mode::Fine);
        let seen = receiver.wait_for(|seen| seen.len() == 2);
        // The first came a little before its answer.
        assert!(seen[1].at - seen[0].at >= SECOND * 2, "{:?}", seen[1].at - seen[0].at);
        assert_eq!(seen[0].message, seen[1].message);
        rig.telemetry.flush().unwrap();
        assert_eq!(rig.log.text(), "");
    }
}

#[test]
fn not_at_all_if_the_receiver_says_later_than_there_is_time() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, after(protocol, 3600));
        let rig = Rig::new(builder(&receiver));
        rig.span();
        let begin = Instant::now();
        rig.telemetry.flush().unwrap_err();
        assert!(begin.elapsed() < SECOND * 5, "{:?}", begin.elapsed());
        assert_eq!(receiver.seen().len(), 1);
    }
}

#[test]
fn a_receiver_that_says_at_once_is_not_flooded() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, after(protocol, 0));
        let rig = Rig::new(builder(&receiver).with_otlp_timeout(SECOND * 2));
        rig.span();
        rig.telemetry.flush().unwrap_err();
        assert!((2..=5).contains(&receiver.seen().len()), "{} requests", receiver.seen().len());
    }
}

#[test]
fn pauses_become_longer() {
    let receiver = Receiver::new(Protocol::Http, answer(503, &[], b""));
    let rig = Rig::new(builder(&receiver).with_otlp_timeout(SECOND * 5));
    rig.span();
    rig.telemetry.flush().unwrap_err();
    let seen = receiver.seen();
    let pauses: Vec<_> = seen.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    assert!(pauses.len() >= 2 && pauses[0] >= SECOND * 2 / 5 && pauses[1] >= SECOND * 4 / 5, "{pauses:?}");
}

#[test]
fn metrics_that_are_lost_are_counted_and_told_of_once() {
    let receiver = Receiver::new(Protocol::Http, answer(500, &[], b""));
    let builder = builder(&receiver)
        .with_setting("OTEL_METRICS_EXPORTER", "otlp")
        .with_setting("OTEL_METRIC_EXPORT_INTERVAL", "2147483647");
    let rig = Rig::new(builder);
    rig.telemetry.meter_provider().meter("shop").u64_counter("visits").build().add(1, &[]);
    for _ in 0..3 {
        rig.telemetry.flush().unwrap_err();
    }
    let points = |seen: &Seen| {
        let metrics = seen.metrics().resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        metrics.flat_map(|scope| scope.metrics).map(|metric| count(&metric.data.unwrap())).sum::<usize>()
    };
    // What is counted now has been sent once more to be counted.
    let exported = rig.by_error("otel.sdk.exporter.metric_data_point.exported");
    let sent: usize = receiver.seen().iter().map(points).sum();
    assert_eq!(exported, counts(&[("500", sent as u64)]));
    assert_eq!(rig.log.text().lines().count(), 1, "{}", rig.log.text());
    receiver.set_quietly(Mode::Fine);
    rig.telemetry.flush().unwrap();
    assert_eq!(rig.log.lines_with("metrics are exported again"), 1, "{}", rig.log.text());
}

fn count(data: &opentelemetry_proto::tonic::metrics::v1::metric::Data) -> usize {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    match data {
        Data::Gauge(data) => data.data_points.len(),
        Data::Sum(data) => data.data_points.len(),
        Data::Histogram(data) => data.data_points.len(),
        other => panic!("{other:?}"),
    }
}
