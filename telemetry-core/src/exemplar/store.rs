use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use opentelemetry::{InstrumentationScope, KeyValue};

use super::series::Series;
use super::{Buckets, ExemplarFilter, ExemplarReservoir};

/// As many as the SDK allows one metric to have. A histogram with 14 bounds takes some 2 KB, so all of them take some
/// 4 MB at most; attributes on exemplars come on top.
const DEFAULT_LIMIT: usize = 2000;

static GLOBAL: LazyLock<ExemplarStore> = LazyLock::new(ExemplarStore::new);

/// The reservoirs of all series, found by scope, metric name and attributes.
///
/// The order of attributes does not matter; of equal keys the first one counts. Clones share the reservoirs. See the
/// [module](super) for how it is used.
///
/// ```
/// use telemetry_core::exemplar::{Buckets, ExemplarStore};
/// use telemetry_core::opentelemetry::{InstrumentationScope, KeyValue};
///
/// let store = ExemplarStore::new();
/// let scope = InstrumentationScope::builder("shop").build();
/// let (front, back) = (KeyValue::new("door", "front"), KeyValue::new("floor", 2));
///
/// store.reservoir(&scope, "visits", &[front.clone(), back.clone()], Buckets::Single);
/// assert!(store.find(&scope, "visits", &[back, front.clone()]).is_some());
/// assert!(store.find(&scope, "visits", [&front]).is_none());
/// ```
#[derive(Clone, Debug)]
pub struct ExemplarStore(Arc<Shared>);

struct Shared {
    filter: ExemplarFilter,
    limit: usize,
    generation: AtomicU64,
    /// Locked to make and to find reservoirs, never to offer or to read.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    reservoirs: HashMap<Series<'static>, ExemplarReservoir>,
    has_warned: bool,
}

impl ExemplarStore {
    /// A store with the filter of the [environment](ExemplarFilter::from_env) and the default limit.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Starts a store with other settings.
    pub fn builder() -> ExemplarStoreBuilder {
        ExemplarStoreBuilder { filter: None, limit: DEFAULT_LIMIT }
    }

    /// The store of the process, which layers and exporters use unless told otherwise. The environment is read when
    /// it is first asked for.
    #[must_use]
    pub fn global() -> &'static Self {
        &GLOBAL
    }

    /// Which measurements may become exemplars.
    #[inline]
    #[must_use]
    pub fn filter(&self) -> ExemplarFilter {
        self.0.filter
    }

    /// The reservoir of a series, made now if there is none yet. Ask once and keep it: this takes a lock.
    ///
    /// If there is one, it stays as it is, whatever `buckets` say. Past the
    /// [limit](ExemplarStoreBuilder::with_limit), and with [`ExemplarFilter::AlwaysOff`], it is one that keeps nothing.
    #[must_use]
    pub fn reservoir(
        &self,
        scope: &InstrumentationScope,
        metric: &str,
        attributes: &[KeyValue],
        buckets: Buckets<'_>,
    ) -> ExemplarReservoir {
        if self.0.filter == ExemplarFilter::AlwaysOff {
            return ExemplarReservoir::default();
        }
        let series = Series::new(scope, metric, attributes);
        let mut known = self.0.known();
        if let Some(reservoir) = known.find(&series) {
            return reservoir;
        }
        if known.reservoirs.len() >= self.0.limit {
            let has_warned = std::mem::replace(&mut known.has_warned, true);
            drop(known);
            if !has_warned {
                tracing::warn!(
                    "no exemplars for {metric:?} and other series to come: there are {} with exemplars already; \
                     ExemplarStoreBuilder::with_limit allows more",
                    self.0.limit
                );
            }
            return ExemplarReservoir::default();
        }
        let reservoir = ExemplarReservoir::new(self.0.filter, buckets);
        known.reservoirs.insert(series.into_owned(), reservoir.clone());
        // After it can be found, so that whoever sees the new number does find it.
        self.0.generation.fetch_add(1, Ordering::Release);
        reservoir
    }

    /// The reservoir of a series, if one was made, with this scope or else with the empty one: that stands for any,
    /// since a meter does not tell its scope to who was given it.
    #[must_use]
    pub fn find<'a>(
        &self,
        scope: &'a InstrumentationScope,
        metric: &'a str,
        attributes: impl IntoIterator<Item = &'a KeyValue>,
    ) -> Option<ExemplarReservoir> {
        let series = Series::new(scope, metric, attributes);
        let known = self.0.known();
        known.find(&series).or_else(|| known.find(&series.of_unknown_scope()))
    }

    /// A number that grows whenever a reservoir was added. What was found, or not found, after it was read holds
    /// until it has grown; reservoirs never go away.
    ///
    /// ```
    /// use telemetry_core::exemplar::{Buckets, ExemplarStore};
    /// use telemetry_core::opentelemetry::InstrumentationScope;
    ///
    /// let store = ExemplarStore::new();
    /// let before = store.generation();
    /// let scope = InstrumentationScope::builder("shop").build();
    /// let _reservoir = store.reservoir(&scope, "visits", &[], Buckets::Single);
    /// assert!(store.generation() > before);
    /// ```
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }
}

impl Default for ExemplarStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Shared {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn find(&self, series: &Series<'_>) -> Option<ExemplarReservoir> {
        // With a shorter lifetime the keys are of the type of the borrowed one.
        let reservoirs: &HashMap<Series<'_>, ExemplarReservoir> = &self.reservoirs;
        reservoirs.get(series).cloned()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("filter", &self.filter)
            .field("limit", &self.limit)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// Collects the settings of an [`ExemplarStore`].
///
/// ```
/// use telemetry_core::exemplar::{ExemplarFilter, ExemplarStore};
///
/// let store = ExemplarStore::builder().with_filter(ExemplarFilter::AlwaysOn).with_limit(500).build();
/// # let _ = store;
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ExemplarStoreBuilder {
    filter: Option<ExemplarFilter>,
    limit: usize,
}

impl ExemplarStoreBuilder {
    /// Sets the filter, and leaves that of the environment unread.
    pub fn with_filter(mut self, filter: ExemplarFilter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Sets how many series may have exemplars, 2000 if not set: that many histograms with 14 bounds take some 4 MB,
    /// without the attributes that may be on their exemplars. The first series that has none because of this is
    /// logged as a warning.
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Makes the store.
    #[must_use]
    pub fn build(self) -> ExemplarStore {
        let filter = self.filter.unwrap_or_else(ExemplarFilter::from_env);
        let (generation, known) = (AtomicU64::new(0), Mutex::default());
        ExemplarStore(Arc::new(Shared { filter, limit: self.limit, generation, known }))
    }
}
