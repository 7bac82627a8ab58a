//! What ties the metrics of a request to its span: one start, one end, and exemplars.

#[cfg(not(feature = "trace"))]
mod none;
#[cfg(feature = "trace")]
mod spans;

#[cfg(not(feature = "trace"))]
pub(crate) use none::{Exemplars, Reservoir, Tie};
#[cfg(feature = "trace")]
pub(crate) use spans::{Exemplars, Reservoir, Tie};
