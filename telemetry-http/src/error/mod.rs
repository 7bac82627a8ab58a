#[cfg(feature = "client")]
mod client;
#[cfg(feature = "http2")]
mod http2;
mod known;
#[cfg(feature = "reqwest")]
mod reqwest;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use telemetry_core::ErrorType;

/// Sorts errors into the closed set: a function of the caller's is asked first, for errors of the type that it takes.
#[derive(Clone, Default)]
pub(crate) struct ErrorClassifier(Option<Arc<Ask>>);

type Ask = dyn Fn(&dyn Any) -> Option<ErrorType> + Send + Sync;

impl ErrorClassifier {
    /// Asks `classify` for errors of type `E`. Those of other types, and those for which it gives `None`, are sorted
    /// as without it.
    pub(crate) fn of<E: 'static>(classify: impl Fn(&E) -> Option<ErrorType> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(move |error| classify(error.downcast_ref()?))))
    }

    pub(crate) fn classify<E: 'static>(&self, error: &E) -> ErrorType {
        let answer = self.0.as_ref().and_then(|ask| ask(error));
        answer.unwrap_or_else(|| known::classify(error))
    }
}

/// What an error says of itself, if its type is a known one.
#[cfg(feature = "trace")]
pub(crate) fn message<E: 'static>(error: &E) -> Option<String> {
    known::as_error(error).map(ToString::to_string)
}

impl fmt::Debug for ErrorClassifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "ErrorClassifier(function)" } else { "ErrorClassifier(none)" })
    }
}

#[cfg(test)]
mod tests;
