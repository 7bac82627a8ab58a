use telemetry_core::MeterOptions;
#[cfg(feature = "trace")]
use telemetry_core::exemplar::ExemplarStore;

use crate::common::Common;
use crate::instruments::Choice;
use crate::route::RouteSource;
use crate::side::Side;

/// All that the builders of both metrics layers set.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) common: Common,
    pub(crate) meter: MeterOptions,
    pub(crate) choice: Choice,
    pub(crate) scheme: bool,
    pub(crate) server_address: bool,
    pub(crate) series_limit: usize,
    pub(crate) grpc: bool,
    pub(crate) known_grpc_methods: Vec<String>,
    /// Absent for the global store.
    #[cfg(feature = "trace")]
    pub(crate) exemplars: Option<ExemplarStore>,
}

/// As many series as the SDK takes for a metric, if nobody tells it otherwise.
const SERIES_LIMIT: usize = 2000;

impl Options {
    /// What the conventions have on by default, and all metrics.
    pub(crate) fn new(side: Side) -> Self {
        Self {
            common: Common::new(side),
            meter: MeterOptions::default(),
            choice: Choice::default(),
            scheme: side == Side::Server,
            server_address: side == Side::Client,
            series_limit: SERIES_LIMIT,
            grpc: false,
            known_grpc_methods: Vec::new(),
            #[cfg(feature = "trace")]
            exemplars: None,
        }
    }

    /// Whether there is more to find out of a request than its head tells.
    #[inline]
    pub(crate) fn asks_further(&self) -> bool {
        let is_function = matches!(self.common.route, RouteSource::Function(_));
        self.grpc || self.common.labels || self.common.attributes.needs_extensions() || is_function
    }

    /// Whether there is more to find out of a response than its status and its body tell.
    pub(crate) fn asks_answer(&self) -> bool {
        self.common.side == Side::Client || self.choice.head_duration || self.common.response_attributes.0.is_some()
    }

    /// Whether a head has parts that not all layers look at.
    #[inline]
    pub(crate) fn looks_closer(&self) -> bool {
        self.server_address || self.common.synthetic_type
    }
}
