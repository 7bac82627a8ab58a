//! Queues that are full or closed, what is counted of that, and who does not wait for it.

use std::thread;
use std::time::{Duration, Instant};

use telemetry_core::opentelemetry::logs::{Logger, LoggerProvider};

use crate::mode::Mode;
use crate::receiver::{Protocol, Receiver};
use crate::rig::{Rig, builder, counts};

#[test]
fn nobody_waits_for_a_receiver_and_what_has_no_room_is_counted() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, Mode::Late(None));
        let mut builder = builder(&receiver).with_otlp_timeout(Duration::from_secs(3));
        for prefix in ["OTEL_BSP", "OTEL_BLRP"] {
            builder = builder
                .with_setting(format!("{prefix}_MAX_QUEUE_SIZE"), "20")
                .with_setting(format!("{prefix}_MAX_EXPORT_BATCH_SIZE"), "10");
        }
        let rig = Rig::new(builder);
        // One batch of each is on its way, and stays there.
        rig.spans(10);
        rig.records(10);
        receiver.wait_for(|seen| seen.len() == 2);
        let begin = Instant::now();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    rig.spans(500);
                    rig.records(500);
                });
            }
        });
        assert!(begin.elapsed() < Duration::from_secs(2), "somebody waited: {:?}", begin.elapsed());
        let counted = rig.counted();
        for signal in ["span", "log"] {
            let expected = counts(&[("", 10), ("queue_full", 2000 - 20)]);
            assert_eq!(rig.by_error(&format!("otel.sdk.processor.{signal}.processed")), expected);
            assert_eq!(counted.sum(&format!("otel.sdk.processor.{signal}.queue.size"), &[]), 20.0);
            assert_eq!(counted.sum(&format!("otel.sdk.processor.{signal}.queue.capacity"), &[]), 20.0);
            assert_eq!(counted.sum(&format!("otel.sdk.exporter.{signal}.inflight"), &[]), 10.0);
        }

        receiver.set_quietly(Mode::Fine);
        rig.until("an export after the one that is lost", |rig| {
            rig.by_error("otel.sdk.exporter.span.exported").contains_key("")
                && rig.by_error("otel.sdk.exporter.log.exported").contains_key("")
        });
        rig.telemetry.flush().unwrap();
        for signal in ["span", "log"] {
            let expected = counts(&[("", 20), ("timeout", 10)]);
            assert_eq!(rig.by_error(&format!("otel.sdk.exporter.{signal}.exported")), expected);
            assert_eq!(rig.counted().sum(&format!("otel.sdk.exporter.{signal}.inflight"), &[]), 0.0);
            let told = format!("{signal}s come faster").replace("spans", "traces");
            assert_eq!(rig.log.lines_with(&told), 1, "{}", rig.log.text());
        }
        // Of both together, or of each, if one was over before the other began.
        assert!((1..=2).contains(&rig.log.lines_with("exported again")), "{}", rig.log.text());
    }
}

#[test]
fn what_comes_after_the_end_is_counted_as_late() {
    let receiver = Receiver::new(Protocol::Http, Mode::Fine);
    let rig = Rig::new(builder(&receiver));
    rig.records(2);
    let provider = rig.telemetry.logger_provider().unwrap();
    let logger = provider.logger("shop");
    // Of the providers this one alone: what counts goes on.
    provider.shutdown().unwrap();
    (0..3).for_each(|_| logger.emit(logger.create_log_record()));
    assert_eq!(rig.by_error("otel.sdk.processor.log.processed"), counts(&[("", 2), ("already_shutdown", 3)]));
    assert_eq!(rig.by_error("otel.sdk.exporter.log.exported"), counts(&[("", 2)]));
}

#[test]
fn a_flush_comes_through_while_batches_come_as_fast_as_they_go() {
    let receiver = Receiver::new(Protocol::Http, Mode::Late(Some(Duration::from_millis(5))));
    let builder = builder(&receiver)
        .with_setting("OTEL_BSP_MAX_QUEUE_SIZE", "20")
        .with_setting("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1");
    let rig = Rig::new(builder.with_otlp_timeout(Duration::from_secs(1)));
    let done = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                rig.span();
            }
        });
        receiver.wait_for(|seen| seen.len() > 5);
        let flushed = rig.telemetry.flush();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        flushed.unwrap();
    });
}

#[test]
fn a_flush_waits_for_all_batches_and_not_for_the_time_of_one() {
    let receiver = Receiver::new(Protocol::Http, Mode::Late(Some(Duration::from_millis(400))));
    let builder = builder(&receiver)
        .with_otlp_timeout(Duration::from_secs(1))
        .with_setting("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1");
    let rig = Rig::new(builder);
    rig.spans(5);
    rig.telemetry.flush().unwrap();
    assert_eq!(rig.by_error("otel.sdk.exporter.span.exported"), counts(&[("", 5)]));
}

#[test]
fn absurd_sizes_take_no_memory_before_they_are_used() {
    let receiver = Receiver::new(Protocol::Http, Mode::Fine);
    let mut builder = builder(&receiver).with_setting("OTEL_EXPORTER_OTLP_TIMEOUT", "0");
    for prefix in ["OTEL_BSP", "OTEL_BLRP"] {
        builder = builder
            .with_setting(format!("{prefix}_MAX_QUEUE_SIZE"), "2147483647")
            .with_setting(format!("{prefix}_MAX_EXPORT_BATCH_SIZE"), "2147483647")
            .with_setting(format!("{prefix}_EXPORT_TIMEOUT"), "0");
    }
    let rig = Rig::new(builder);
    rig.spans(3);
    rig.telemetry.flush().unwrap();
    rig.telemetry.shutdown_within(Duration::MAX).unwrap();
}
