//! Connections with and without metrics, and the proof that the metrics count them.

mod drive;
mod naive;
mod state;
mod stream;
mod systems;
mod totals;

pub use drive::{Connections, Drive, OPERATION, Operation, open_close, read, write};
pub use naive::Naive;
pub use state::State;
pub use stream::{Io, Memory};
pub use systems::{BARE, Bare, Entry, NAIVE, OURS, Ours, SYSTEMS, Wrap};
pub use totals::Totals;
