//! Runtimes of all kinds, and their ends.

use std::panic::{set_hook, take_hook};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use http::StatusCode;
use tokio::runtime::{Builder, Handle};
use tower::Service;

use crate::kit::{Gate, LONG, TEXT, ask_status, finish, get, page_of, poll_once, served, text_of};

const HEADER: &str = "x-prometheus-scrape-timeout-seconds";

#[test]
fn without_a_runtime_the_scrape_runs_in_the_call() {
    let (handler, _provider) = served();
    let mut future = handler.with_max_in_flight(1).with_timeout(Duration::ZERO).call(get(&[]));
    let Poll::Ready(Ok(response)) = poll_once(&mut future) else {
        panic!("there is nothing to wait for");
    };
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = Box::pin(text_of(response));
    assert_eq!(poll_once(&mut body), Poll::Ready(TEXT.to_owned()));
}

#[test]
fn px152_without_a_runtime_there_are_places_too() {
    let (handler, _provider) = served();
    let mut handler = handler.with_max_in_flight(1);
    let mut statuses = Vec::new();
    let first = poll_once(&mut handler.call(get(&[])));
    statuses.push(poll_once(&mut handler.call(get(&[]))).map(|response| response.unwrap().status()));
    drop(first);
    statuses.push(poll_once(&mut handler.call(get(&[]))).map(|response| response.unwrap().status()));
    assert_eq!(statuses, [Poll::Ready(StatusCode::SERVICE_UNAVAILABLE), Poll::Ready(StatusCode::OK)]);
}

/// Tokio can be asked for a timer only by a panic, which everybody sees: one is enough.
#[test]
fn px151_a_runtime_without_timers_has_no_timeouts() {
    let panics = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&panics);
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        if panic.payload_as_str().is_some_and(|text| text.contains("timers are disabled")) {
            counted.fetch_add(1, Ordering::SeqCst);
        } else {
            before(panic);
        }
    }));

    let (handler, _provider) = served();
    let handler = handler.with_timeout(Duration::from_nanos(1));
    let runtime = Builder::new_current_thread().build().unwrap();
    for _ in 0..3 {
        assert_eq!(runtime.block_on(page_of(&handler)), TEXT);
        assert_eq!(runtime.block_on(ask_status(&handler, &[(HEADER, "10")])), StatusCode::OK);
    }
    assert_eq!(panics.load(Ordering::SeqCst), 1);
}

/// Some servers poll on threads of their own.
#[test]
fn px151_a_scrape_that_is_polled_outside_of_its_runtime_has_its_timers() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (mut handler, provider) = served();
    let gate = Gate::new(&provider);
    let mut scrape = {
        let _entered = runtime.enter();
        handler.call(get(&[(HEADER, "0.01")]))
    };
    assert!(poll_once(&mut scrape).is_pending());
    gate.wait();
    let Ok(response) = finish(&mut scrape);
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn a_scrape_at_the_end_of_the_runtime_is_told_so() {
    let (mut handler, _provider) = served();
    let runtime = Builder::new_current_thread().build().unwrap();
    let handle = runtime.handle().clone();
    runtime.shutdown_background();
    let _entered = handle.enter();

    for _ in 0..2 {
        let mut future = handler.call(get(&[]));
        let Poll::Ready(Ok(response)) = poll_once(&mut future) else {
            panic!("there is nothing to wait for");
        };
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
        let mut body = Box::pin(text_of(response));
        assert_eq!(poll_once(&mut body), Poll::Ready("the runtime is shutting down\n".to_owned()));
    }
}

/// One scrape is a task of the runtime, and one lives on in a thread that only borrows it.
#[test]
fn a_runtime_that_ends_in_the_middle_of_scrapes_ends_them() {
    let (handler, provider) = served();
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let gate = Gate::new(&provider);
    let task = runtime.spawn({
        let handler = handler.clone();
        async move { ask_status(&handler, &[]).await }
    });
    let (done, borrowed) = mpsc::channel();
    let (handle, scraped) = (runtime.handle().clone(), handler.clone());
    std::thread::spawn(move || done.send(handle.block_on(ask_status(&scraped, &[]))));
    gate.wait();
    runtime.shutdown_background();
    gate.open();
    gate.open();

    let outside = Builder::new_current_thread().enable_all().build().unwrap();
    let statuses = [Some(borrowed.recv_timeout(LONG).unwrap()), outside.block_on(task).ok()];
    let is_clean = |status: StatusCode| [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
    assert!(statuses.into_iter().flatten().all(is_clean), "{statuses:?}");
    // Another runtime does not notice.
    assert_eq!(outside.block_on(page_of(&handler)), TEXT);
}

/// The timers of a runtime that ends panic instead of going off.
#[test]
fn px151_a_runtime_that_ends_takes_its_timers_along() {
    let (mut handler, provider) = served();
    let lasting = Builder::new_current_thread().enable_all().build().unwrap();
    let gate = Gate::new(&provider);
    let mut first = {
        let _entered = lasting.enter();
        handler.call(get(&[]))
    };
    assert!(poll_once(&mut first).is_pending());
    gate.wait();

    let ending = Builder::new_current_thread().enable_all().build().unwrap();
    let mut second = {
        let _entered = ending.enter();
        handler.call(get(&[(HEADER, "3600")]))
    };
    assert!(poll_once(&mut second).is_pending());
    ending.shutdown_background();
    let Poll::Ready(Ok(response)) = poll_once(&mut second) else {
        panic!("its time can never be over");
    };
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    gate.open();
    let Ok(response) = lasting.block_on(first);
    assert_eq!(response.status(), StatusCode::OK);
}

#[test]
fn px153_two_runtimes_share_a_collection() {
    let runtimes = [(); 2].map(|()| Builder::new_current_thread().enable_all().build().unwrap());
    let (mut handler, provider) = served();
    let gate = Gate::new(&provider);
    let scrapes = [&runtimes[0], &runtimes[1]].map(|runtime| {
        let _entered = runtime.enter();
        let mut scrape = handler.call(get(&[]));
        assert!(poll_once(&mut scrape).is_pending());
        scrape
    });
    gate.wait();
    gate.open();
    for (runtime, scrape) in runtimes.iter().zip(scrapes) {
        let Ok(response) = runtime.block_on(scrape);
        assert_eq!(runtime.block_on(text_of(response)), TEXT);
    }
    assert_eq!(gate.calls(), 1);
}

/// The collection is in the queue of the one that ends.
#[test]
fn px153_the_end_of_another_runtime_does_not_fail_a_scrape() {
    let (mut handler, _provider) = served();
    let ending = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    let (release, wait) = mpsc::channel::<()>();
    ending.spawn_blocking(move || wait.recv());
    let mut poll_in = |runtime: &Handle| {
        let _entered = runtime.enter();
        let mut scrape = handler.call(get(&[]));
        assert!(poll_once(&mut scrape).is_pending());
        scrape
    };
    let lasting = Builder::new_current_thread().enable_all().build().unwrap();
    let first = poll_in(ending.handle());
    let second = poll_in(lasting.handle());
    drop(first);
    ending.shutdown_background();
    drop(release);

    let Ok(response) = lasting.block_on(second);
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(lasting.block_on(text_of(response)), TEXT);
}
