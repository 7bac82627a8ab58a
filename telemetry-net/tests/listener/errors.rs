use std::time::{Duration, Instant};

use crate::common::{ACTIVE, Metered};
use crate::script::{Script, Step, block_on, poll_and_see, wait_until};
use crate::{ERRORS, REJECTED};

const EINTR: i32 = 4;
const EMFILE: i32 = 24;
const ECONNABORTED: i32 = 103;

fn errors(metered: &Metered, error: &str) -> f64 {
    metered.metrics.snapshot().sum(ERRORS, &[("error.type", error)])
}

#[cfg(target_os = "linux")]
#[test]
fn nt_75_errors_of_one_connection_are_followed_by_the_next() {
    // As the man page has them, with the two of connections that are gone.
    for (number, word) in [
        (EINTR, "io_error"),
        (64, "io_error"),             // ENONET
        (71, "io_error"),             // EPROTO
        (92, "io_error"),             // ENOPROTOOPT
        (95, "io_error"),             // EOPNOTSUPP
        (100, "io_error"),            // ENETDOWN
        (101, "network_unreachable"), // ENETUNREACH
        (ECONNABORTED, "connection_aborted"),
        (104, "connection_reset"), // ECONNRESET
        (112, "io_error"),         // EHOSTDOWN
        (113, "host_unreachable"), // EHOSTUNREACH
    ] {
        let metered = Metered::new();
        let mut listener = metered.layer.listen(Script::new([Step::Fail(number), Step::Fail(number), Step::Accept]));
        let (poll, _) = poll_and_see(listener.accept());
        assert!(poll.is_ready(), "{number}");
        assert_eq!(errors(&metered, word), 2.0, "{number}");
        assert_eq!(metered.metrics.snapshot().sum(ERRORS, &[]), 2.0);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nt_75_an_endless_run_of_them_lets_others_have_their_turn() {
    let metered = Metered::new();
    let mut listener = metered.layer.listen(Script::new([Step::Fail(ECONNABORTED)]));
    for turn in 1..=3 {
        let (poll, again) = poll_and_see(listener.accept());
        assert!(poll.is_pending() && again);
        assert_eq!(errors(&metered, "connection_aborted"), 32.0 * f64::from(turn));
    }
    assert!(!metered.metrics.snapshot().names().contains(&ACTIVE));
    assert!(!metered.metrics.snapshot().names().contains(&REJECTED));
}

#[test]
fn nt_75_other_errors_are_followed_by_pauses_that_get_longer() {
    let metered = Metered::new();
    let fail = || Step::Fail(EMFILE);
    // 5, 10 and 20 ms; and 5 again.
    let steps = [fail(), fail(), fail(), Step::Accept, fail(), Step::Accept];
    let mut listener = metered.layer.listen(Script::new(steps));
    let start = Instant::now();
    let (poll, again) = poll_and_see(listener.accept());
    assert!(poll.is_pending() && !again);
    assert_eq!(errors(&metered, "too_many_open_files"), 1.0);

    // Without a runtime, which is less than one without a timer.
    let first = block_on(listener.accept());
    assert!(start.elapsed() >= Duration::from_millis(35), "{:?}", start.elapsed());
    assert_eq!(errors(&metered, "too_many_open_files"), 3.0);

    let start = Instant::now();
    let second = block_on(listener.accept());
    let passed = start.elapsed();
    assert!(passed >= Duration::from_millis(5) && passed < Duration::from_millis(40), "{passed:?}");
    assert_eq!(errors(&metered, "too_many_open_files"), 4.0);
    drop((first, second));
}

#[test]
fn nt_75_a_pause_goes_on_when_nobody_waits() {
    let metered = Metered::new();
    let mut listener = metered.layer.listen(Script::new([Step::Fail(EMFILE), Step::Accept]));
    let start = Instant::now();
    // Whoever selects between this and something else drops the future again and again.
    wait_until(|| poll_and_see(listener.accept()).0.is_ready());
    assert!(start.elapsed() >= Duration::from_millis(5));
    assert_eq!(errors(&metered, "too_many_open_files"), 1.0);
}

#[test]
fn nt_75_a_runtime_without_a_timer_will_do() {
    let metered = Metered::new();
    let mut listener = metered.layer.listen(Script::new([Step::Fail(EMFILE), Step::Accept]));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _inside = runtime.enter();
    let (stream, _) = block_on(listener.accept());
    assert_eq!(errors(&metered, "too_many_open_files"), 1.0);
    drop(stream);
}

#[test]
fn nt_75_a_policy_of_the_callers_own() {
    let metered = Metered::new();
    let steps = [Step::Fail(EMFILE), Step::Fail(ECONNABORTED), Step::Fail(EMFILE), Step::Accept, Step::Wait];
    let mut listener = metered.layer.listen(Script::new(steps));
    for number in [EMFILE, ECONNABORTED, EMFILE] {
        let error = block_on(listener.try_accept()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(number));
    }
    assert_eq!(errors(&metered, "too_many_open_files"), 2.0);
    assert_eq!(metered.metrics.snapshot().sum(ERRORS, &[]), 3.0);
    let stream = block_on(listener.try_accept()).unwrap();
    assert_eq!(metered.active(), 1.0);
    assert!(poll_and_see(listener.try_accept()).0.is_pending());
    drop(stream);
}
