use std::any::Any;
use std::error::Error;
use std::io;

/// Far more sources than errors have.
const LONGEST: usize = 64;

/// The error behind a value whose type is not known: a boxed [`Error`] as tower and most services have it, or an
/// [`io::Error`].
///
/// ```
/// use std::error::Error;
/// use telemetry_core::error_type::as_error;
///
/// let boxed: Box<dyn Error + Send + Sync> = "out of stock".into();
/// assert_eq!(as_error(&boxed).map(ToString::to_string).as_deref(), Some("out of stock"));
/// assert!(as_error(&"out of stock").is_none());
/// ```
#[must_use]
pub fn as_error(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    if let Some(error) = error.downcast_ref::<Box<dyn Error + Send + Sync>>() {
        Some(&**error)
    } else if let Some(error) = error.downcast_ref::<Box<dyn Error + Send>>() {
        Some(&**error)
    } else if let Some(error) = error.downcast_ref::<Box<dyn Error>>() {
        Some(&**error)
    } else {
        error.downcast_ref::<io::Error>().map(|error| error as _)
    }
}

/// The error and what is behind it, from the outermost on. A chain that leads back to itself ends too.
pub(super) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| behind(error)).take(LONGEST)
}

fn behind<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    // The source of an `io::Error` that wraps another error is the other one's source: itself it would be left out.
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
