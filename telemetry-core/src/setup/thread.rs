//! Threads for work that blocks.

use std::io;
use std::thread;

use tokio::runtime::Handle;
use tracing::dispatcher::{self, Dispatch};

/// Runs `work` on a thread of its own. Its log goes where that of the calling thread goes, and the runtime is the same:
/// the callbacks of instruments may ask for it.
pub(super) fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = Handle::try_current().ok();
    let log = dispatcher::get_default(Dispatch::clone);
    let task = move || {
        let _entered = runtime.as_ref().map(Handle::enter);
        dispatcher::with_default(&log, work);
    };
    thread::Builder::new().name("telemetry-shutdown".to_owned()).spawn(task).map(drop)
}
