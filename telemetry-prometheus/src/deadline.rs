//! Work that may hang.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkError;
use tokio::runtime::Handle;
use tracing::dispatcher;

/// Runs `work` on a thread of its own and waits for it, but not for longer than `limit`. After that it goes on by itself.
///
/// What the calling thread logs to is also where `work` logs to, and the runtime is the same.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, OTelSdkError> {
    let (sender, receiver) = channel();
    let runtime = Handle::try_current().ok();
    let log = dispatcher::get_default(Clone::clone);
    let task = move || {
        let _entered = runtime.as_ref().map(Handle::enter);
        // Nobody may be waiting any more.
        let _ = sender.send(dispatcher::with_default(&log, work));
    };
    let thread = thread::Builder::new().name("prometheus-shutdown".to_owned()).spawn(task);
    thread.map_err(|error| {
        OTelSdkError::InternalFailure(format!("there is no thread for the last collection: {error}"))
    })?;
    receiver.recv_timeout(limit).map_err(|error| match error {
        RecvTimeoutError::Timeout => OTelSdkError::Timeout(limit),
        RecvTimeoutError::Disconnected => OTelSdkError::InternalFailure("the last collection panicked".to_owned()),
    })
}
