//! What an exporter does is never exported, however much of the log is.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use telemetry_core::Telemetry;

use crate::mode::Mode;
use crate::receiver::{Protocol, Receiver};
use crate::{SECRET, child};

#[test]
fn the_traffic_of_an_exporter_is_neither_traced_nor_exported() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, Mode::Fine);
        let endpoint = format!("http://localhost:{}", receiver.port());
        let headers = format!("authorization=Bearer%20{SECRET}");
        let output = child::succeeds(
            "quiet::exports_while_everything_is_logged",
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.name()),
                ("OTEL_EXPORTER_OTLP_HEADERS", &headers),
                ("OTEL_SERVICE_NAME", "shop"),
                ("RUST_LOG", "trace"),
            ],
        );
        let log = String::from_utf8(output.stderr).unwrap();
        // It is in the log, where it cannot do harm.
        assert!(log.contains("hyper_util::client"), "{log}");
        assert!(!log.contains(SECRET), "{log}");

        let seen = receiver.seen();
        let traces = seen.iter().filter(|seen| seen.is_of("trace")).flat_map(|seen| seen.traces().resource_spans);
        let spans = traces.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans);
        assert_eq!(spans.map(|span| span.name).collect::<Vec<_>>(), ["checkout"; ROUNDS]);
        let logs = seen.iter().filter(|seen| seen.is_of("logs")).flat_map(|seen| seen.logs().resource_logs);
        let records = logs.flat_map(|resource| resource.scope_logs).flat_map(|scope| scope.log_records);
        let bodies: Vec<_> = records.map(|record| record.body.unwrap().value.unwrap()).collect();
        assert_eq!(bodies, vec![Value::StringValue("sold".to_owned()); ROUNDS]);
    }
}

const ROUNDS: usize = 4;

#[test]
#[ignore = "the other half of the test on the exporter's traffic, run by it"]
fn exports_while_everything_is_logged() {
    let telemetry = Telemetry::builder().build().unwrap();
    for _ in 0..ROUNDS {
        tracing::info_span!("checkout").in_scope(|| tracing::info!("sold"));
        telemetry.flush().unwrap();
    }
    telemetry.shutdown().unwrap();
}
