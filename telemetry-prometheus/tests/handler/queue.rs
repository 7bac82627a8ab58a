//! Scrapes that are dropped, and collections that nobody waits for.

use std::sync::mpsc;

use http::StatusCode;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tower::Service;

use crate::kit::{Gate, TEXT, ask, get, page_of, poll_once, served, soon, text_of};

/// A runtime whose only thread for blocking tasks is busy until something is sent.
fn busy() -> (Runtime, JoinHandle<()>, mpsc::Sender<()>) {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    let (release, wait) = mpsc::channel();
    let task = runtime.spawn_blocking(move || wait.recv().unwrap());
    (runtime, task, release)
}

/// A client that gives up must not leave work behind that nobody waits for.
#[test]
fn px152_px160_dropped_scrapes_leave_the_queue() {
    let (mut handler, provider) = served();
    let (runtime, task, release) = busy();
    let gate = Gate::new(&provider);
    runtime.block_on(async {
        drop(handler.call(get(&[])));
        for _ in 0..3 {
            let mut scrapes = [handler.call(get(&[])), handler.call(get(&[]))];
            assert!(scrapes.iter_mut().all(|scrape| poll_once(scrape).is_pending()));
        }
        release.send(()).unwrap();
        soon(task).await.unwrap();
        // Whatever was in the queue before this has run.
        soon(runtime.spawn_blocking(|| ())).await.unwrap();
        assert_eq!(gate.calls(), 0);

        gate.open();
        assert_eq!(soon(page_of(&handler)).await, TEXT);
        assert_eq!(gate.calls(), 1);
    });
}

#[test]
fn px153_a_queued_collection_is_joined_also_after_its_first_scrapes_have_gone() {
    let (mut handler, provider) = served();
    let (runtime, task, release) = busy();
    let gate = Gate::new(&provider);
    runtime.block_on(async {
        let mut first = handler.call(get(&[]));
        assert!(poll_once(&mut first).is_pending());
        drop(first);
        let mut second = handler.call(get(&[]));
        assert!(poll_once(&mut second).is_pending());

        release.send(()).unwrap();
        soon(task).await.unwrap();
        gate.open();
        let Ok(response) = soon(second).await;
        assert_eq!(text_of(response).await, TEXT);
        assert_eq!(gate.calls(), 1);
    });
}

#[tokio::test]
async fn px153_a_collection_that_has_begun_runs_on_and_is_shared() {
    let (mut handler, provider) = served();
    let gate = Gate::new(&provider);
    let mut dropped = handler.call(get(&[]));
    assert!(poll_once(&mut dropped).is_pending());
    gate.wait();
    drop(dropped);

    let mut late = handler.call(get(&[]));
    assert!(poll_once(&mut late).is_pending());
    gate.open();
    let Ok(response) = soon(late).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(text_of(response).await, TEXT);
    assert_eq!(gate.calls(), 1);
}

/// A page that is not wanted any more is left out as well.
#[test]
fn px153_a_scrape_that_is_dropped_before_its_page_leaves_the_page_to_others() {
    let (mut handler, provider) = served();
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    let gate = Gate::new(&provider);
    runtime.block_on(async {
        let mut scrapes: Vec<_> = (0..3).map(|_| handler.call(get(&[]))).collect();
        assert!(scrapes.iter_mut().all(|scrape| poll_once(scrape).is_pending()));
        gate.wait();
        // In the queue before the page.
        let (release, wait) = mpsc::channel::<()>();
        let busy = runtime.spawn_blocking(move || wait.recv());
        gate.open();
        let landed = runtime.spawn_blocking(|| ());
        assert!(scrapes.iter_mut().all(|scrape| poll_once(scrape).is_pending()));
        // The one that would have written it.
        drop(scrapes.remove(0));
        release.send(()).unwrap();
        soon(busy).await.unwrap().unwrap();
        soon(landed).await.unwrap();
        for scrape in scrapes {
            let Ok(response) = soon(scrape).await;
            assert_eq!(text_of(response).await, TEXT);
        }
        assert_eq!(gate.calls(), 1);
    });
}

#[tokio::test]
async fn px160_collecting_leaves_the_workers_of_the_runtime_alone() {
    let (handler, provider) = served();
    let gate = Gate::new(&provider);
    // On this runtime of one thread, the scrape could never end if its callback held the thread.
    let (response, ()) = soon(async { tokio::join!(ask(&handler, get(&[])), async { gate.open() }) }).await;
    assert_eq!(response.status(), StatusCode::OK);
}
