use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::request::Parts;
use http::{Extensions, StatusCode};
use telemetry_core::bound::{BoundUpDownCounter, Buffered, Interner, OVERFLOW_ATTRIBUTE, Stripe, StripedCount};
use telemetry_core::opentelemetry::metrics::UpDownCounter;
use telemetry_core::opentelemetry::{KeyValue, StringValue};

use crate::attributes::{self, AttributeList};
use crate::grpc::CallMetrics;
use crate::head;
use crate::instruments::Instruments;
use crate::method::KnownMethods;
use crate::options::Options;
use crate::overflow::{OVERFLOW, OverflowNotice};
use crate::recent::RecentHeads;
use crate::route::MissingRouteNotice;
use crate::series::{Head, HeadKey, NO_EXTRAS, ProtocolVersion, Series, SeriesKey, Small};
use crate::side::Side;
use crate::tie::Exemplars;

/// The instruments of a layer, its series, and all else that its requests share.
#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) options: Options,
    pub(crate) instruments: Instruments,
    pub(crate) missing_route: MissingRouteNotice,
    /// Whether there is more to find out of a request than its head tells.
    pub(crate) asks_further: bool,
    /// Whether there is more to find out of a response than its status and its body tell.
    pub(crate) asks_answer: bool,
    pub(crate) methods: KnownMethods,
    method_names: Vec<StringValue>,
    /// The caller's attributes that are the same for all requests.
    fixed: AttributeList,
    heads: Interner<Head>,
    recent: RecentHeads,
    active: Interner<Active>,
    /// All counts of active requests, for who drains them.
    counts: Mutex<Vec<Arc<StripedCount>>>,
    extras: Interner<Box<[KeyValue]>>,
    pub(crate) series: Interner<Series>,
    pub(crate) overflow: Series,
    /// Made when it is needed: nobody wants to see that nothing overflows.
    overflow_active: OnceLock<Arc<StripedCount>>,
    overflowed: OverflowNotice,
    #[cfg_attr(not(feature = "trace"), expect(dead_code, reason = "there are no spans to lead to"))]
    pub(crate) exemplars: Exemplars,
    /// Absent if nobody asked for the metrics of gRPC.
    pub(crate) calls: Option<CallMetrics>,
}

#[derive(Debug)]
struct Active {
    attributes: Box<[KeyValue]>,
    count: Arc<StripedCount>,
}

/// A request has a head when it comes, and another whenever its route or the version of its response becomes known. None
/// of them may take the room of a series.
const HEADS_PER_SERIES: usize = 4;

impl Metrics {
    pub(crate) fn buffered(options: &Options) -> Buffered<Self> {
        let meter = options.meter.meter(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let calls = options.grpc.then(|| CallMetrics::new(options, &meter));
        let exemplars = Exemplars::new(options, &meter);
        let instruments = options.choice.instruments(options.common.side, &meter);
        let metrics = Self { calls, ..Self::new(options.clone(), instruments, exemplars) };
        Buffered::new(metrics, &meter)
    }

    fn new(options: Options, instruments: Instruments, exemplars: Exemplars) -> Self {
        let methods = options.common.known_methods();
        // A function is asked at each request.
        let given = match options.common.attributes.needs_extensions() {
            true => Arc::default(),
            false => options.common.attributes.attributes(&Extensions::new()),
        };
        let limit = options.series_limit;
        Self {
            fixed: attributes::with_callers(AttributeList::new(), &[&given, &options.meter.attributes]),
            heads: Interner::with_limit(limit.saturating_mul(HEADS_PER_SERIES)),
            recent: RecentHeads::new(),
            active: Interner::with_limit(limit),
            counts: Mutex::default(),
            extras: Interner::with_limit(limit),
            series: Interner::with_limit(limit),
            overflow: Series::new(None, overflow_attributes(), &instruments),
            overflow_active: OnceLock::new(),
            overflowed: OverflowNotice::default(),
            exemplars,
            calls: None,
            missing_route: MissingRouteNotice::default(),
            asks_further: options.asks_further(),
            asks_answer: options.asks_answer(),
            method_names: methods.names().collect(),
            methods,
            options,
            instruments,
        }
    }

    /// The place of the head of a request, and the head; absent for what found no room.
    #[inline]
    pub(crate) fn head_of(&self, parts: &Parts, stripe: Stripe) -> (u32, Option<&Head>) {
        let options = &self.options;
        let scheme = options.scheme.then(|| head::scheme(&options.common, parts));
        let version = if options.common.side == Side::Server { ProtocolVersion::of(parts.version) } else { None };
        let small = Small::new(self.methods.index(&parts.method), scheme, version);
        let route = options.common.route.known(options.common.side, parts);
        if options.looks_closer() {
            let place = self.closer_head(small, route, parts);
            return (place, self.head_at(place));
        }
        self.recent_head(&HeadKey { small, route, rare: None }, stripe)
    }

    #[cold]
    fn closer_head(&self, small: Small, route: Option<&str>, parts: &Parts) -> u32 {
        let rare = head::rare(&self.options, parts);
        self.head(&HeadKey { small, route, rare: rare.as_ref() })
    }

    /// The same for a head that one of the last requests may have had: then nothing is hashed.
    #[inline]
    pub(crate) fn recent_head(&self, key: &HeadKey<'_>, stripe: Stripe) -> (u32, Option<&Head>) {
        let recent = self.recent.cell(key, stripe);
        let place = recent.load(Ordering::Relaxed);
        if let Some(head) = self.head_at(place).filter(|head| head.is(key)) {
            return (place, Some(head));
        }
        let place = self.head(key);
        recent.store(place, Ordering::Relaxed);
        (place, self.head_at(place))
    }

    /// The place of a head.
    #[inline(never)]
    fn head(&self, key: &HeadKey<'_>) -> u32 {
        let hash = self.heads.hash(key);
        self.heads.find(hash, |head| head.is(key)).unwrap_or_else(|| self.new_head(hash, key))
    }

    #[cold]
    fn new_head(&self, hash: u64, key: &HeadKey<'_>) -> u32 {
        // A new head would only make a new series: nothing is kept of what a flood goes on with.
        if self.series.is_full() {
            return self.overflow();
        }
        self.heads.find_or_insert(hash, |head| head.is(key), || Head::new(key)).unwrap_or_else(|| self.overflow())
    }

    /// The place of the same head but for its route.
    pub(crate) fn head_with_route(&self, head: u32, route: &str) -> u32 {
        self.heads.get(head).map_or(head, |head| self.head(&HeadKey { route: Some(route), ..head.key() }))
    }

    /// The place of the same head but for its version.
    #[cfg(feature = "client")]
    pub(crate) fn head_with_version(&self, head: u32, version: http::Version) -> u32 {
        self.heads.get(head).map_or(head, |head| {
            let small = head.small.with_version(ProtocolVersion::of(version));
            self.head(&HeadKey { small, ..head.key() })
        })
    }

    /// The head at a place; absent for what found no room.
    #[inline]
    pub(crate) fn head_at(&self, place: u32) -> Option<&Head> {
        self.heads.get(place)
    }

    /// The count of active requests with a head; absent if that metric is off.
    #[inline]
    pub(crate) fn active<'a>(&'a self, head: Option<&'a Head>) -> Option<&'a StripedCount> {
        let count = |head: &'a Head| head.active.get_or_init(|| self.active_count(&head.key())).as_deref();
        head.and_then(count).or_else(|| self.overflow_active())
    }

    #[cold]
    fn overflow_active(&self) -> Option<&StripedCount> {
        let counter = self.instruments.active.as_ref()?;
        Some(self.overflow_active.get_or_init(|| self.count_of(counter, overflow_attributes())))
    }

    /// Heads that differ in what active requests do not carry share a count.
    fn active_count(&self, key: &HeadKey<'_>) -> Option<Arc<StripedCount>> {
        let counter = self.instruments.active.as_ref()?;
        let attributes = attributes::active(
            self.options.common.side,
            self.method(key.small.method()),
            key,
            &self.options.meter.attributes,
        );
        let make = || {
            let attributes: Box<[_]> = attributes.to_vec().into();
            Active { count: self.count_of(counter, attributes.clone()), attributes }
        };
        let hash = self.active.hash(&attributes[..]);
        let place = self.active.find_or_insert(hash, |active| *active.attributes == attributes[..], make)?;
        self.active.get(place).map(|active| Arc::clone(&active.count))
    }

    fn count_of(&self, counter: &UpDownCounter<i64>, attributes: Box<[KeyValue]>) -> Arc<StripedCount> {
        let count = Arc::new(StripedCount::new(BoundUpDownCounter::new(counter.clone()), attributes));
        self.counts().push(Arc::clone(&count));
        count
    }

    pub(crate) fn counts(&self) -> MutexGuard<'_, Vec<Arc<StripedCount>>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of the caller's attributes of one request; a later one of a name wins.
    #[inline]
    pub(crate) fn extras(&self, attributes: &[KeyValue]) -> Option<u32> {
        if attributes.is_empty() {
            return Some(NO_EXTRAS);
        }
        let sorted = attributes::with_callers(AttributeList::new(), &[attributes]);
        let hash = self.extras.hash(&sorted[..]);
        self.extras.find_or_insert(hash, |known| **known == sorted[..], || sorted.to_vec().into())
    }

    /// The place of the series of requests with a head that ended with a status and nothing else: whether that is an
    /// error follows from the status.
    #[inline]
    pub(crate) fn plain_series(&self, place: u32, status: StatusCode) -> u32 {
        let head = self.head_at(place);
        self.check_route(head, status);
        match head.and_then(|head| head.plain.get(status)) {
            Some(series) => series,
            None => self.new_plain_series(place, head, status),
        }
    }

    #[cold]
    fn new_plain_series(&self, place: u32, head: Option<&Head>, status: StatusCode) -> u32 {
        let error = self.options.common.status_error(status);
        let series = self.series(Some(SeriesKey { head: place, extras: NO_EXTRAS, status: Some(status), error }));
        if let Some(head) = head {
            head.plain.set(status, series);
        }
        series
    }

    /// To be called when a request with this head has been answered.
    #[inline]
    pub(crate) fn check_route(&self, head: Option<&Head>, status: StatusCode) {
        if head.is_some_and(|head| head.route.is_none()) {
            self.missing_route.check(&self.options.common, status);
        }
    }

    /// The place of the series of a request that has ended. The key is absent if the caller's attributes found no room.
    pub(crate) fn series(&self, key: Option<SeriesKey>) -> u32 {
        let place = key.filter(|key| key.head != OVERFLOW).and_then(|key| {
            self.series.find_or_insert(self.series.hash(key), |series| series.key == Some(key), || self.new_series(key))
        });
        place.unwrap_or_else(|| self.overflow())
    }

    fn new_series(&self, key: SeriesKey) -> Series {
        let attributes = self.heads.get(key.head).map(|head| {
            let callers = self.callers(key.extras);
            attributes::ended(self.options.common.side, self.method(head.small.method()), head, &key, &callers)
        });
        Series::new(Some(key), attributes.unwrap_or_default().to_vec().into(), &self.instruments)
    }

    /// The caller's attributes: those of one request, at this place, before those of all.
    pub(crate) fn callers(&self, extras: u32) -> [&[KeyValue]; 2] {
        [self.extras.get(extras).map_or(&[][..], |extras| extras), &self.fixed]
    }

    fn method(&self, index: u16) -> &StringValue {
        // The last name stands for all that are not known.
        &self.method_names[usize::from(index).min(self.method_names.len() - 1)]
    }

    #[cold]
    fn overflow(&self) -> u32 {
        self.overflowed.overflow("HTTP", &self.options)
    }
}

pub(crate) fn overflow_attributes() -> Box<[KeyValue]> {
    [KeyValue::new(OVERFLOW_ATTRIBUTE, true)].into()
}
