//! Requests whose service panics.

use super::*;

#[test]
fn hs_43_a_panic_in_the_call() {
    each(|case| {
        let service =
            service_fn(|_: Request<RequestBody<Upload>>| -> std::future::Ready<Result<Response<Upload>, Infallible>> {
                panic!("on purpose")
            });
        assert_panics(|| drop(case.layer(service).call(request())));
        case.assert_ended(None, Some("panic"));
    });
}

#[test]
fn hs_43_a_panic_in_the_future_whether_it_is_dropped_during_the_unwinding_or_after() {
    async fn handler(_: Request<RequestBody<Upload>>) -> Result<Response<Upload>, Infallible> {
        panic!("on purpose")
    }
    each(|case| {
        assert_panics(|| drop(poll_once(pin!(case.layer(service_fn(handler)).call(request())))));
        case.assert_ended(None, Some("panic"));

        let mut future = Box::pin(case.layer(service_fn(handler)).call(request()));
        assert_panics(|| drop(poll_once(future.as_mut())));
        case.assert_running();
        drop(future);
        case.assert_ended(None, Some("panic"));
    });
}

/// Panics where it is told to.
#[derive(Default)]
struct Panics {
    in_frame: bool,
    where_the_end_is_told: bool,
    in_drop: bool,
}

impl http_body::Body for Panics {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        assert!(!self.in_frame, "on purpose");
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        if self.where_the_end_is_told {
            panic!("on purpose");
        }
        false
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        if self.in_drop {
            panic!("on purpose");
        }
    }
}

#[test]
fn hs_43_hs_45_a_panic_in_the_body_keeps_the_status() {
    each(|case| {
        let mut body = respond_with(case, Panics { in_frame: true, ..Panics::default() });
        assert_panics(|| drop(poll_once(pin!(body.frame()))));
        case.assert_running();
        drop(body);
        case.assert_ended(Some(200), Some("panic"));
    });
}

#[test]
fn hs_43_a_panic_where_a_body_tells_its_end() {
    each(|case| {
        let panics = || Panics { where_the_end_is_told: true, ..Panics::default() };
        assert_panics(|| drop(respond_with(case, panics())));
        case.assert_ended(Some(200), Some("panic"));
    });
}

#[test]
fn hs_43_a_panic_in_the_destructor_of_what_is_cancelled() {
    each(|case| {
        let panics = || Panics { in_drop: true, ..Panics::default() };
        let body = respond_with(case, panics());
        assert_panics(|| drop(body));
        case.assert_ended(Some(200), Some("panic"));

        let service = service_fn(|_: Request<RequestBody<Upload>>| async {
            let _held = Panics { in_drop: true, ..Panics::default() };
            pending::<Result<Response<Upload>, Infallible>>().await
        });
        let mut future = Box::pin(case.layer(service).call(request()));
        assert!(poll_once(future.as_mut()).is_pending());
        assert_panics(|| drop(future));
        case.assert_ended(None, Some("panic"));
    });
}
