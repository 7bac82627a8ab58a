//! The process, and the Tokio runtime in it.

use crate::dashboards::layout::{Dashboard, Row};
use crate::dashboards::panel::{Panel, Unit, number, series, table};
use crate::dashboards::query::{ALL, max, rate, select, share, sum};
use crate::dashboards::variable;

const METRICS: &str = "process_start_time_seconds|tokio_runtime_workers|target_info";
const NO_PROCESS: &str = "Only with feature `process` of telemetry-prometheus, and on Linux";
const NO_RUNTIME: &str = "Only with feature `runtime`, where the service is set up in a Tokio runtime";
const BUSY: &str = "tokio_runtime_worker_busy_time_seconds_total";

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        name: "runtime",
        title: "Process and runtime",
        description: "What services use of their machines, and how busy the workers of their Tokio runtimes are.",
        variables: variable::services(METRICS).to_vec(),
        rows: vec![
            Row::open("Overview", overview()),
            Row::open("Process", process()),
            Row::open("Tokio", tokio()),
            Row::open("Resource", vec![resource()]),
        ],
    }
}

fn busy_share(by: &str) -> String {
    share(&sum(by, &rate(BUSY, ALL)), &sum(by, &select("tokio_runtime_workers", ALL)))
}

fn descriptors_share(by: &str) -> String {
    max(by, &share(&select("process_open_fds", ALL), &select("process_max_fds", ALL)))
}

fn overview() -> Vec<Panel> {
    let started = select("process_start_time_seconds", ALL);
    vec![
        number(
            "Uptime",
            Unit::Seconds,
            "Since the youngest of the chosen processes started. If it is short and nobody has deployed, look why \
             the process ended.",
        )
        .query("", format!("time() - {}", max("", &started)))
        .empty(NO_PROCESS),
        number(
            "Starts",
            Unit::Count,
            "How many times the chosen processes were started anew in the time that is shown. More than deployments \
             are crashes.",
        )
        .query("", sum("", &format!("changes({started}[$__range])")))
        .colours("green", &[(1.0, "orange")])
        .empty(NO_PROCESS),
        number(
            "File descriptors",
            Unit::Share,
            "Open ones of those that are allowed, of the process that is nearest to its limit. At 100 % nothing can \
             be accepted: raise the limit, or close connections.",
        )
        .query("", descriptors_share(""))
        .colours("green", &[(0.7, "orange"), (0.9, "red")])
        .empty(NO_PROCESS),
        number(
            "Busy workers",
            Unit::Share,
            "The time for which workers of the runtime run tasks. Near 100 % everything waits for them: look for \
             work that should be in spawn_blocking, or add cores.",
        )
        .query("", busy_share(""))
        .colours("green", &[(0.7, "orange"), (0.9, "red")])
        .empty(NO_RUNTIME),
    ]
}

fn process() -> Vec<Panel> {
    vec![
        series(
            "CPU",
            Unit::Count,
            "Cores that are used. Near the number of cores that the process may have, requests wait for them.",
        )
        .query("{{instance}}", sum("instance", &rate("process_cpu_seconds_total", ALL)))
        .empty(NO_PROCESS),
        series(
            "Memory",
            Unit::Bytes,
            "What is in memory, and what the process has reserved. Resident memory that only grows is a leak: \
             compare it with connections and tasks.",
        )
        .query("{{instance}} resident", sum("instance", &select("process_resident_memory_bytes", ALL)))
        .query("{{instance}} virtual", sum("instance", &select("process_virtual_memory_bytes", ALL)))
        .empty(NO_PROCESS),
        series(
            "File descriptors",
            Unit::Count,
            "Those that are open, and how many may be. Each connection takes one: compare it with the open \
             connections.",
        )
        .query("{{instance}} open", sum("instance", &select("process_open_fds", ALL)))
        .query("{{instance}} allowed", sum("instance", &select("process_max_fds", ALL)))
        .empty(NO_PROCESS),
        series(
            "Threads",
            Unit::Count,
            "Workers of the runtime, threads for blocking work, and others. Many more than workers have blocking \
             work that waits.",
        )
        .query("{{instance}}", sum("instance", &select("process_threads", ALL)))
        .empty(NO_PROCESS),
    ]
}

fn tokio() -> Vec<Panel> {
    const WORKER: &str = "instance, tokio_runtime_worker_index";
    const LEGEND: &str = "{{instance}} worker {{tokio_runtime_worker_index}}";
    vec![
        series(
            "Busy share by worker",
            Unit::Share,
            "The time for which each worker runs tasks. One at 100 % and others without work has a task that does \
             not yield.",
        )
        .query(LEGEND, sum(WORKER, &rate(BUSY, ALL)))
        .empty(NO_RUNTIME),
        series(
            "Busy share of all workers",
            Unit::Share,
            "The time for which all workers together run tasks. Above 70 % durations begin to grow.",
        )
        .query("{{instance}}", busy_share("instance"))
        .empty(NO_RUNTIME),
        series(
            "Tasks",
            Unit::Count,
            "Tasks that were spawned and have not ended, and workers to run them. Tasks that only grow wait for \
             something that never comes.",
        )
        .query("{{instance}} tasks", sum("instance", &select("tokio_runtime_active_tasks", ALL)))
        .query("{{instance}} workers", sum("instance", &select("tokio_runtime_workers", ALL)))
        .empty(NO_RUNTIME),
        series(
            "Global queue",
            Unit::Count,
            "Tasks that wait in the queue which all workers share. If it stays above zero, workers do not keep up: \
             look at the busy share.",
        )
        .query("{{instance}}", sum("instance", &select("tokio_runtime_global_queue_depth", ALL)))
        .empty(NO_RUNTIME),
        series(
            "Parks by worker",
            Unit::CountPerSecond,
            "How often a worker went to sleep for lack of work, per second. None at all, with a busy share of 100 %, \
             is a worker that is stuck.",
        )
        .query(LEGEND, sum(WORKER, &rate("tokio_runtime_worker_parks_total", ALL)))
        .empty(NO_RUNTIME),
    ]
}

fn resource() -> Panel {
    table(
        "Resource",
        "What each service says of itself: name, version, host, process. Look here which version runs where.",
    )
    .query("", select("target_info", ALL))
    .empty("Prometheus has no target_info: the resource is empty, or the page without it")
}
