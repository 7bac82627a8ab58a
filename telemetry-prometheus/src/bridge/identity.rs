//! Telling exporters apart inside of registries.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus::core::Desc;

thread_local! {
    /// The exporter that gathers registries on this thread.
    static GATHERING: Cell<Option<u64>> = const { Cell::new(None) };
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Which exporter this is, for registries and for itself.
#[derive(Debug)]
pub(crate) struct Identity {
    id: u64,
    desc: Option<Desc>,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        // A registry tells collectors apart by the name and the constant labels of their descriptions.
        let labels = HashMap::from([("exporter".to_owned(), id.to_string())]);
        let desc = Desc::new(
            "opentelemetry_exporter".to_owned(),
            "The metrics of an OpenTelemetry meter provider".to_owned(),
            Vec::new(),
            labels,
        );
        // It fails on illegal names only.
        Self { id, desc: desc.ok() }
    }

    pub(crate) fn descs(&self) -> Vec<&Desc> {
        self.desc.iter().collect()
    }

    /// Marks this thread as gathering for the exporter, until the guard is dropped.
    pub(super) fn gathering(&self) -> Gathering {
        Gathering { before: GATHERING.replace(Some(self.id)) }
    }

    /// The exporter itself gathers on this thread: what it would collect is in its output already.
    pub(super) fn is_gathering(&self) -> bool {
        GATHERING.get() == Some(self.id)
    }
}

pub(super) struct Gathering {
    before: Option<u64>,
}

impl Drop for Gathering {
    fn drop(&mut self) {
        GATHERING.set(self.before);
    }
}
