use super::*;

#[test]
fn hs_06_a_status_is_its_decimal_string() {
    for code in 100..=999 {
        let status = http::StatusCode::from_u16(code).unwrap();
        assert_eq!(ErrorType::Status(status).as_str(), code.to_string());
    }
}

#[test]
fn hs_06_finds_the_io_error_behind_others() {
    #[derive(Debug)]
    struct Outer(io::Error);
    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("id=12345")
        }
    }
    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }
    let outer = Outer(io::ErrorKind::TimedOut.into());
    assert_eq!(ErrorType::from_error(&outer), ErrorType::Timeout);
    let boxed: Box<dyn Error + Send + Sync> = Box::new(outer);
    assert_eq!(ErrorType::from_any(&boxed), ErrorType::Timeout);
    let wrapped = io::Error::other(io::Error::from(io::ErrorKind::ConnectionReset));
    assert_eq!(ErrorType::from_any(&wrapped), ErrorType::ConnectionReset);
}

#[test]
fn a_chain_of_sources_without_end_is_given_up() {
    #[derive(Debug)]
    struct Ouroboros;
    impl fmt::Display for Ouroboros {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("again")
        }
    }
    impl Error for Ouroboros {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }
    assert_eq!(ErrorType::from_error(&Ouroboros), ErrorType::Other);
}

#[test]
fn hs_06_text_never_becomes_a_value() {
    let boxed: Box<dyn Error + Send + Sync> = "user 42 not found".into();
    assert_eq!(ErrorType::from_any(&boxed).as_str(), "_OTHER");
    assert_eq!(ErrorType::from_any(&"user 42 not found").as_str(), "_OTHER");
    assert_eq!(ErrorType::from_any(&io::Error::other("user 42")).as_str(), "io_error");
}

#[test]
fn hs_06_kinds_of_io_errors_have_names() {
    let names = [
        (io::ErrorKind::TimedOut, "timeout"),
        (io::ErrorKind::ConnectionRefused, "connection_refused"),
        (io::ErrorKind::ConnectionReset, "connection_reset"),
        (io::ErrorKind::ConnectionAborted, "connection_aborted"),
        (io::ErrorKind::BrokenPipe, "broken_pipe"),
        (io::ErrorKind::UnexpectedEof, "unexpected_eof"),
        (io::ErrorKind::HostUnreachable, "host_unreachable"),
        (io::ErrorKind::NetworkUnreachable, "network_unreachable"),
        (io::ErrorKind::AddrNotAvailable, "address_unavailable"),
        (io::ErrorKind::OutOfMemory, "out_of_memory"),
        (io::ErrorKind::PermissionDenied, "io_error"),
    ];
    for (kind, name) in names {
        assert_eq!(ErrorType::from(kind).to_string(), name);
    }
    let others = [ErrorType::Cancelled, ErrorType::Panic, ErrorType::Other];
    assert_eq!(others.map(ErrorType::as_str), ["cancelled", "panic", "_OTHER"]);
    let of_clients = [ErrorType::Dns, ErrorType::Tls, ErrorType::Protocol, ErrorType::Redirect];
    assert_eq!(of_clients.map(ErrorType::as_str), ["dns_error", "tls_error", "protocol_error", "redirect_error"]);
    assert_eq!([ErrorType::Connect, ErrorType::Body].map(ErrorType::as_str), ["connect_error", "body_error"]);
}

/// An error that says what it is, and wraps another one.
#[derive(Debug)]
struct Says(ErrorType, Option<Box<Says>>);

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("says")
    }
}

impl Error for Says {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|says| says as _)
    }
}

/// What a chain is, given from the outermost error on.
fn chain_of(answers: &[ErrorType]) -> ErrorType {
    let wrap = |inner: Option<Box<Says>>, &answer: &ErrorType| Some(Box::new(Says(answer, inner)));
    let error = answers.iter().rev().fold(None, wrap).unwrap();
    ErrorType::from_error_with(&*error, |error| error.downcast_ref::<Says>().map(|says| says.0))
}

#[test]
fn hc_16_the_most_specific_cause_counts_wherever_it_stands() {
    let order = [
        ErrorType::Other,
        ErrorType::Io,
        ErrorType::Body,
        ErrorType::Connect,
        ErrorType::Redirect,
        ErrorType::ConnectionAborted,
        ErrorType::Protocol,
        ErrorType::Timeout,
        ErrorType::Dns,
    ];
    for (i, less) in order.iter().enumerate() {
        for more in &order[i + 1..] {
            assert_eq!(chain_of(&[*less, *more]), *more);
            assert_eq!(chain_of(&[*more, *less]), *more);
        }
    }
}

#[test]
fn hc_16_the_innermost_of_equals_counts() {
    let equals = [
        ErrorType::Status(http::StatusCode::BAD_GATEWAY),
        ErrorType::Cancelled,
        ErrorType::Panic,
        ErrorType::Timeout,
        ErrorType::ConnectionRefused,
        ErrorType::ConnectionReset,
        ErrorType::BrokenPipe,
        ErrorType::UnexpectedEof,
        ErrorType::Tls,
    ];
    for [outer, inner] in equals.iter().flat_map(|a| equals.iter().map(move |b| [*a, *b])) {
        assert_eq!(chain_of(&[outer, inner]), inner);
    }
}

#[test]
fn hs_06_the_answer_for_an_io_error_goes_before_its_kind() {
    let error = io::Error::from(io::ErrorKind::InvalidData);
    assert_eq!(
        ErrorType::from_error_with(&error, |error| error.is::<io::Error>().then_some(ErrorType::Tls)),
        ErrorType::Tls
    );
    assert_eq!(ErrorType::from_error_with(&error, |_| None), ErrorType::Io);
}

#[test]
fn hs_06_every_box_is_opened() {
    fn reset<E: From<io::Error>>() -> E {
        io::Error::from(io::ErrorKind::ConnectionReset).into()
    }
    let send: Box<dyn Error + Send> = Box::new(reset::<io::Error>());
    assert_eq!(ErrorType::from_any(&send), ErrorType::ConnectionReset);
    assert_eq!(ErrorType::from_any(&reset::<Box<dyn Error + Send + Sync>>()), ErrorType::ConnectionReset);
    assert_eq!(ErrorType::from_any(&reset::<Box<dyn Error>>()), ErrorType::ConnectionReset);
    assert_eq!(ErrorType::from_any(&reset::<io::Error>()), ErrorType::ConnectionReset);
}

#[test]
#[cfg(target_os = "linux")]
fn nt_75_numbers_of_the_system_say_what_kinds_do_not() {
    for (number, name) in [(23, "too_many_open_files"), (24, "too_many_open_files"), (105, "out_of_memory")] {
        let error = io::Error::from_raw_os_error(number);
        assert_eq!(ErrorType::from_error(&error).as_str(), name);
        assert_eq!(ErrorType::from_error(&io::Error::other(error)).as_str(), name);
    }
    assert_eq!(ErrorType::from_error(&io::Error::from_raw_os_error(104)), ErrorType::ConnectionReset);
}

#[test]
fn a_callers_word_counts_as_it_is() {
    assert_eq!(ErrorType::Named("quota_exceeded").as_str(), "quota_exceeded");
}
