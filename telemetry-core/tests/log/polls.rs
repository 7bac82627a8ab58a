//! Futures that take turns on one thread.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use telemetry_core::opentelemetry::Context as OtelContext;
use telemetry_core::opentelemetry::trace::{FutureExt, TraceContextExt, Tracer};
use tracing::{Instrument, info, info_span};

use crate::{Traces, written};

/// Logs at each poll, and is ready at the third.
struct Turns(u8);

impl Future for Turns {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        info!("turn {}", self.0);
        self.0 += 1;
        if self.0 < 3 { Poll::Pending } else { Poll::Ready(()) }
    }
}

#[test]
fn futures_on_one_thread_never_have_each_others_ids() {
    let traces = Traces::new();
    let sink = written(&traces, || {
        let tracer = traces.tracer();
        let context = OtelContext::new().with_span(tracer.start("by the api"));
        let mut first = pin!(Turns(0).instrument(info_span!("first")));
        let mut second =
            pin!(async { Turns(0).instrument(info_span!("inner")).await }.instrument(info_span!("second")));
        let mut third = pin!(Turns(0).with_context(context));
        let mut task = Context::from_waker(Waker::noop());
        for turn in 0..3 {
            let polls =
                [first.as_mut().poll(&mut task), second.as_mut().poll(&mut task), third.as_mut().poll(&mut task)];
            info!("between turns");
            assert!(polls.iter().all(|poll| poll.is_ready() == (turn == 2)));
        }
    });
    let turn = [traces.ids("first"), traces.ids("inner"), traces.ids("by the api"), None];
    assert_eq!(sink.ids(), [turn.clone(), turn.clone(), turn].concat());
}
