//! Receivers that fail, in all the ways there are: told of once, counted exactly, and forgotten when they are back.

use std::time::Duration;

use tonic::Code;

use crate::SECRET;
use crate::mode::{Mode, Raw, answer, status};
use crate::receiver::Protocol::{Grpc, Http};
use crate::receiver::{Protocol, Receiver};
use crate::rig::{Rig, builder, counts};

/// Shorter than the pause before a second attempt.
const ONE_ATTEMPT: Duration = Duration::from_millis(350);

/// Exports that fail for `error`, then ones that succeed.
fn fails(protocol: Protocol, mode: Mode, error: &str) {
    fails_with(protocol, mode, &[error]);
}

/// On which of several errors a failure shows may be a matter of time.
fn fails_with(protocol: Protocol, mode: Mode, errors: &[&str]) {
    let receiver = Receiver::new(protocol, mode);
    let secret = format!("authorization=Bearer%20{SECRET}");
    let rig =
        Rig::new(builder(&receiver).with_otlp_timeout(ONE_ATTEMPT).with_setting("OTEL_EXPORTER_OTLP_HEADERS", secret));
    for _ in 0..3 {
        rig.spans(2);
        rig.records(3);
        rig.telemetry.flush().unwrap_err();
    }
    for (signal, failed) in [("span", 6), ("log", 9)] {
        assert_eq!(rig.by_error(&processed(signal)), counts(&[("", failed)]));
        let exported = rig.by_error(&exported(signal));
        assert_eq!(exported.values().sum::<u64>(), failed, "{signal}: {exported:?}");
        assert!(exported.keys().all(|error| errors.contains(&&**error)), "{signal}: {exported:?}");
    }
    let told = rig.log.lines_with("cannot be exported");
    assert!(if errors.len() == 1 { told == 1 } else { (1..=2).contains(&told) }, "{}", rig.log.text());

    let more = recovers(&rig, &receiver);
    let mut lost = 0;
    for (signal, failed) in [("span", 6), ("log", 9)] {
        assert_eq!(rig.by_error(&processed(signal)), counts(&[("", failed + more)]));
        let mut exported = rig.by_error(&exported(signal));
        assert!(exported.remove("").unwrap() > 0, "{signal}");
        lost += exported.values().sum::<u64>();
    }
    let log = rig.log.text();
    assert_eq!(rig.log.lines_with("exported again"), 1, "{log}");
    assert!(log.contains(&format!("lost={lost}")), "{log}");
    assert!(!log.contains(SECRET), "{log}");
    rig.telemetry.shutdown().unwrap();
    assert_eq!(rig.log.text(), log);
}

/// How many items of each signal it took until all of them arrived: a connection may have been cut.
fn recovers(rig: &Rig, receiver: &Receiver) -> u64 {
    receiver.set(Mode::Fine);
    for more in 1..50 {
        rig.spans(1);
        rig.records(1);
        if rig.telemetry.flush().is_ok() {
            return more;
        }
    }
    panic!("nothing arrives:\n{}", rig.log.text());
}

fn processed(signal: &str) -> String {
    format!("otel.sdk.processor.{signal}.processed")
}

fn exported(signal: &str) -> String {
    format!("otel.sdk.exporter.{signal}.exported")
}

#[test]
fn nobody_listens() {
    Protocol::BOTH.into_iter().for_each(|protocol| fails(protocol, Mode::Away, "connection_refused"));
}

#[test]
fn never_answers() {
    Protocol::BOTH.into_iter().for_each(|protocol| fails(protocol, Mode::Late(None), "timeout"));
}

#[test]
fn answers_too_late() {
    let late = Mode::Late(Some(ONE_ATTEMPT * 2));
    Protocol::BOTH.into_iter().for_each(|protocol| fails(protocol, late.clone(), "timeout"));
}

#[test]
fn never_reads() {
    Protocol::BOTH.into_iter().for_each(|protocol| fails(protocol, Mode::Raw(Raw::NeverReads), "timeout"));
}

#[test]
fn an_answer_that_never_ends() {
    Protocol::BOTH.into_iter().for_each(|protocol| fails(protocol, Mode::Dripping, "timeout"));
}

#[test]
fn answers_of_http() {
    for (code, error) in [(429, "429"), (500, "500"), (503, "503"), (404, "404"), (301, "301")] {
        fails(Http, answer(code, &[], SECRET.as_bytes()), error);
    }
}

#[test]
fn answers_with_a_time_to_come_back() {
    for after in ["1", "100000", "18446744073709551615", "99999999999999999999999999", "soon", "-1", "0"] {
        fails(Http, answer(429, &[("retry-after", after)], SECRET.as_bytes()), "429");
    }
    for after in [Duration::ZERO, Duration::from_secs(1), Duration::MAX] {
        fails(Grpc, status(Code::ResourceExhausted, Some(after)), "RESOURCE_EXHAUSTED");
    }
}

#[test]
fn answers_of_grpc() {
    fails(Grpc, status(Code::Unavailable, None), "UNAVAILABLE");
    fails(Grpc, status(Code::ResourceExhausted, None), "RESOURCE_EXHAUSTED");
    fails(Grpc, status(Code::Unimplemented, None), "UNIMPLEMENTED");
    fails(Grpc, answer(503, &[], SECRET.as_bytes()), "503");
    fails(Grpc, answer(200, &[("content-type", "text/html")], SECRET.as_bytes()), "protocol_error");
}

#[test]
fn a_success_without_its_status() {
    fails(Grpc, Mode::NoTrailers, "UNKNOWN");
}

#[test]
fn a_page() {
    let page = format!("<html>{SECRET}</html>");
    fails(Http, answer(200, &[("content-type", "text/html")], page.as_bytes()), "protocol_error");
}

#[test]
fn no_http() {
    Protocol::BOTH.into_iter().for_each(|protocol| fails(protocol, Mode::Raw(Raw::Garbage), "protocol_error"));
    fails(Grpc, Mode::Raw(Raw::OldHttp), "protocol_error");
}

#[test]
fn hangs_up() {
    for protocol in Protocol::BOTH {
        let errors = ["connection_reset", "unexpected_eof", "broken_pipe", "connection_aborted"];
        fails_with(protocol, Mode::Raw(Raw::CloseAtOnce), &errors);
        fails_with(protocol, Mode::Raw(Raw::Reset), &errors);
    }
}

#[test]
fn an_answer_before_the_request_was_read() {
    fails_with(Http, Mode::Hasty, &["413", "connection_reset", "broken_pipe"]);
}

#[test]
fn some_of_it_is_rejected() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, Mode::Rejecting(2));
        let rig = Rig::new(builder(&receiver));
        rig.spans(5);
        rig.records(1);
        rig.telemetry.flush().unwrap_err();
        assert_eq!(rig.by_error("otel.sdk.exporter.span.exported"), counts(&[("", 3), ("rejected", 2)]));
        // No more than there were.
        assert_eq!(rig.by_error("otel.sdk.exporter.log.exported"), counts(&[("rejected", 1)]));
        assert_eq!(rig.log.lines_with("rejects some of the"), 1, "{}", rig.log.text());
        assert!(!rig.log.text().contains(SECRET), "{}", rig.log.text());
        assert_eq!(rig.log.lines_with("exported"), 0, "{}", rig.log.text());
        // What was answered is not sent again.
        assert_eq!(receiver.seen().len(), 2);
    }
}
