//! The fast path: what lets a layer record without allocating, without hashing attributes and without cores that wait
//! for each other.
//!
//! | part | what it does |
//! |---|---|
//! | [`Interner`] | turns a small key into an index, up to a limit, and is read without a lock |
//! | [`BoundHistogram`], [`BoundCounter`], [`BoundUpDownCounter`] | an instrument with the attributes of one series |
//! | [`Buffered`], [`Local`] | records wait in a list of their own for each stripe of threads, until a reader collects |
//! | [`Stripes`] | what goes on on each stripe, to be looked at in a collection |
//! | [`PerStripe`] | a value for each stripe of threads |
//! | [`StripedCount`] | a count that rises and falls in a cell for each stripe, until a reader collects |
//! | [`StripedSums`] | sums that only rise, in the same way |
//!
//! With feature `bound` an instrument is bound to its attributes when its first value has been recorded: the SDK then
//! looks nothing up any more. Without it every value goes through the plain API, which is slower and counts the same.
//! The feature depends on `opentelemetry_sdk` in order to switch on its side: the API's half alone would drop every
//! value.
//!
//! Nothing here loses a value: what waits is drained before a reader looks, whichever reader that is, and when the last
//! user is dropped.

mod buffered;
mod count;
mod interner;
mod series;
mod stripe;
mod stripes;
mod sums;

pub use buffered::{Buffered, Local, Sink};
pub use count::StripedCount;
pub use interner::Interner;
pub use series::{BoundCounter, BoundHistogram, BoundUpDownCounter, OVERFLOW_ATTRIBUTE};
pub use stripe::{PerStripe, Stripe};
pub use stripes::Stripes;
pub use sums::StripedSums;
