use std::any::Any;

use telemetry_core::ErrorType;

/// TEMPORARY until the merge.
#[derive(Clone, Debug, Default)]
pub(crate) struct ErrorClassifier;

impl ErrorClassifier {
    pub(crate) fn of<E: 'static>(_: impl Fn(&E) -> Option<ErrorType> + Send + Sync + 'static) -> Self {
        Self
    }

    pub(crate) fn classify<E: 'static>(&self, error: &E) -> ErrorType {
        classify(error)
    }
}

/// Sorts an error of a service or of a body into the closed set.
pub(crate) fn classify<E: 'static>(error: &E) -> ErrorType {
    from_axum(error).unwrap_or_else(|| ErrorType::from_any(error))
}

#[cfg(feature = "axum")]
fn from_axum(error: &dyn Any) -> Option<ErrorType> {
    error.downcast_ref::<axum::Error>().map(|error| ErrorType::from_error(error))
}

#[cfg(not(feature = "axum"))]
fn from_axum(_: &dyn Any) -> Option<ErrorType> {
    None
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn hs_06_boxed_and_bare_errors_are_classified() {
        let boxed: Box<dyn std::error::Error + Send + Sync> = io::Error::from(io::ErrorKind::TimedOut).into();
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
}
