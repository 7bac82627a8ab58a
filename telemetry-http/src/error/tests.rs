use std::io;

use super::*;

fn classify<E: 'static>(error: &E) -> ErrorType {
    ErrorClassifier::default().classify(error)
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[test]
fn hs_06_boxed_and_bare_errors_are_classified() {
    let boxed: BoxError = io::Error::from(io::ErrorKind::TimedOut).into();
    assert_eq!(classify(&boxed), ErrorType::Timeout);
    assert_eq!(classify(&io::Error::from(io::ErrorKind::BrokenPipe)), ErrorType::BrokenPipe);
    assert_eq!(classify(&"id=12345".to_owned()), ErrorType::Other);
}

#[cfg(feature = "axum")]
#[test]
fn hs_06_sees_behind_the_error_of_axum_bodies() {
    let error = axum::Error::new(io::Error::from(io::ErrorKind::ConnectionReset));
    assert_eq!(classify(&error), ErrorType::ConnectionReset);
}

#[cfg(feature = "timeout")]
#[tokio::test]
async fn hc_16_timeouts_are_told_boxed_and_bare() {
    use std::future::pending;
    use std::time::Duration;

    use tower::timeout::{Timeout, error::Elapsed};
    use tower::{ServiceExt, service_fn};

    let elapsed = tokio::time::timeout(Duration::ZERO, pending::<()>()).await.unwrap_err();
    assert_eq!(classify(&elapsed), ErrorType::Timeout);
    assert_eq!(classify::<BoxError>(&elapsed.into()), ErrorType::Timeout);

    let never = service_fn(|()| pending::<Result<(), BoxError>>());
    let elapsed = Timeout::new(never, Duration::ZERO).oneshot(()).await.unwrap_err();
    assert_eq!(classify(&elapsed), ErrorType::Timeout);
    assert_eq!(classify(&*elapsed.downcast::<Elapsed>().unwrap()), ErrorType::Timeout);
}

#[cfg(feature = "rustls")]
#[test]
fn hc_16_an_error_of_rustls_is_told_boxed_and_bare() {
    let error = || rustls::Error::DecryptError;
    assert_eq!(classify(&error()), ErrorType::Tls);
    assert_eq!(classify(&io::Error::new(io::ErrorKind::InvalidData, error())), ErrorType::Tls);
    assert_eq!(classify::<BoxError>(&error().into()), ErrorType::Tls);
}

/// An error that nobody but its owner knows.
#[derive(Debug)]
enum Shop {
    Slow,
    Unknown,
}

fn shop() -> ErrorClassifier {
    ErrorClassifier::of(|error: &Shop| match error {
        Shop::Slow => Some(ErrorType::Timeout),
        Shop::Unknown => None,
    })
}

#[test]
fn hs_06_the_callers_function_knows_the_callers_error() {
    assert_eq!(shop().classify(&Shop::Slow), ErrorType::Timeout);
    assert_eq!(shop().clone().classify(&Shop::Slow), ErrorType::Timeout);
    assert_eq!(ErrorClassifier::default().classify(&Shop::Slow), ErrorType::Other);
    assert_eq!(shop().classify(&Shop::Unknown), ErrorType::Other);
}

#[test]
fn hs_06_the_callers_function_is_asked_for_its_type_alone() {
    let reset = || io::Error::from(io::ErrorKind::ConnectionReset);
    assert_eq!(shop().classify(&reset()), ErrorType::ConnectionReset);
    assert_eq!(shop().classify(&Box::new(Shop::Slow)), ErrorType::Other);
}

#[test]
fn hs_06_the_callers_function_goes_before_what_is_known() {
    let kinds = ErrorClassifier::of(|error: &io::Error| {
        (error.kind() == io::ErrorKind::ConnectionReset).then_some(ErrorType::Connect)
    });
    assert_eq!(kinds.classify(&io::Error::from(io::ErrorKind::ConnectionReset)), ErrorType::Connect);
    assert_eq!(kinds.classify(&io::Error::from(io::ErrorKind::TimedOut)), ErrorType::Timeout);
    let boxed = ErrorClassifier::of(|error: &BoxError| error.is::<fmt::Error>().then_some(ErrorType::Body));
    assert_eq!(boxed.classify::<BoxError>(&fmt::Error.into()), ErrorType::Body);
    assert_eq!(boxed.classify::<BoxError>(&io::Error::from(io::ErrorKind::TimedOut).into()), ErrorType::Timeout);
}

#[test]
fn a_classifier_shows_whether_it_has_a_function() {
    assert_eq!(format!("{:?}", shop()), "ErrorClassifier(function)");
    assert_eq!(format!("{:?}", ErrorClassifier::default()), "ErrorClassifier(none)");
}
