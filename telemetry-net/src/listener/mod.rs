//! The listener that counts: what it accepts, what it turns away, and what fails.

mod accept;
mod ages;
mod errors;
mod limit;
mod metered;
mod pause;
mod sockets;
mod source;
mod status;

pub(crate) use ages::Ages;
pub(crate) use limit::Permit;
pub use metered::MeteredListener;
pub use source::Listener;
