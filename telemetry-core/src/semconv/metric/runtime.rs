//! The runtime that tasks run in.

use super::{Instrument, Metric, Stability, Switch, sets};

/// Threads that run tasks. Our own name.
pub const TOKIO_RUNTIME_WORKERS: Metric = Metric {
    name: "tokio.runtime.workers",
    instrument: Instrument::UpDownCounter,
    unit: "{worker}",
    description: "Number of worker threads of the Tokio runtime.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: &[],
    switch: Switch::OnUnless("without_runtime_metrics"),
};

/// Tasks that were spawned and have not ended. Our own name.
pub const TOKIO_RUNTIME_ACTIVE_TASKS: Metric = Metric {
    name: "tokio.runtime.active_tasks",
    instrument: Instrument::UpDownCounter,
    unit: "{task}",
    description: "Number of tasks of the Tokio runtime that are alive.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: &[],
    switch: Switch::OnUnless("without_runtime_metrics"),
};

/// Tasks that wait for a worker in the queue that all workers share. Our own name.
pub const TOKIO_RUNTIME_GLOBAL_QUEUE_DEPTH: Metric = Metric {
    name: "tokio.runtime.global_queue.depth",
    instrument: Instrument::UpDownCounter,
    unit: "{task}",
    description: "Number of tasks in the global queue of the Tokio runtime.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: &[],
    switch: Switch::OnUnless("without_runtime_metrics"),
};

/// How often a worker has gone to sleep, by worker. Our own name.
pub const TOKIO_RUNTIME_WORKER_PARKS: Metric = Metric {
    name: "tokio.runtime.worker.parks",
    instrument: Instrument::Counter,
    unit: "{park}",
    description: "Number of times that a worker thread of the Tokio runtime parked, for lack of work.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::RUNTIME_WORKER,
    switch: Switch::OnUnless("without_runtime_metrics"),
};

/// For how long a worker has run tasks, by worker. Our own name.
pub const TOKIO_RUNTIME_WORKER_BUSY_TIME: Metric = Metric {
    name: "tokio.runtime.worker.busy.time",
    instrument: Instrument::Counter,
    unit: "s",
    description: "Time for which a worker thread of the Tokio runtime was busy.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::RUNTIME_WORKER,
    switch: Switch::OnUnless("without_runtime_metrics"),
};
