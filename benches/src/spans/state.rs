//! What a process does with spans.

use anyhow::{Result, bail};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use telemetry_core::opentelemetry::global;
use telemetry_core::opentelemetry::trace::TracerProvider;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::arrivals::Arrivals;

/// Room for all spans between two flushes: one that is dropped costs less than one that is exported.
const QUEUE: usize = 1 << 16;

/// What a process does with spans. All of it is global, so that there is one state in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing: no subscriber, no provider, no propagator.
    Nothing,
    /// Everything is installed, and the level of `tracing` keeps the span out.
    Disabled,
    /// The client's span is not sampled, and neither are others.
    Unsampled,
    /// All spans are sampled, and dropped as soon as they have ended.
    Sampled,
    /// All spans are sampled, and go to an exporter in batches, which drops them.
    Batch,
}

impl State {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Nothing, Self::Disabled, Self::Unsampled, Self::Sampled, Self::Batch];

    /// The name in arguments and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Disabled => "disabled",
            Self::Unsampled => "unsampled",
            Self::Sampled => "sampled",
            Self::Batch => "batch",
        }
    }

    /// The state of this name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn named(name: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|state| state.name() == name) {
            Some(state) => Ok(state),
            None => bail!("there is no state {name:?}"),
        }
    }

    /// Whether a span arrives for each request.
    #[must_use]
    pub fn records(self) -> bool {
        matches!(self, Self::Sampled | Self::Batch)
    }

    /// What clients say of their own span.
    #[must_use]
    pub fn parent_is_sampled(self) -> bool {
        self != Self::Unsampled
    }

    /// Brings the process into this state.
    ///
    /// # Errors
    ///
    /// When it is in one already.
    pub fn install(self) -> Result<Arrivals> {
        let arrivals = Arrivals::default();
        if self == Self::Nothing {
            return Ok(arrivals);
        }
        let root = if self == Self::Unsampled { Sampler::AlwaysOff } else { Sampler::AlwaysOn };
        let builder = SdkTracerProvider::builder().with_sampler(Sampler::ParentBased(Box::new(root)));
        let provider = if self == Self::Batch {
            let config = BatchConfigBuilder::default().with_max_queue_size(QUEUE).build();
            let batches = BatchSpanProcessor::builder(arrivals.clone()).with_batch_config(config);
            builder.with_span_processor(batches.build()).build()
        } else {
            builder.with_span_processor(arrivals.clone()).build()
        };
        let level = if self == Self::Disabled { LevelFilter::WARN } else { LevelFilter::INFO };
        let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("benches"));
        tracing_subscriber::registry().with(level).with(spans).try_init()?;
        global::set_tracer_provider(provider.clone());
        global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(arrivals.of(provider))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_found_by_their_names() {
        for state in State::ALL {
            assert_eq!(State::named(state.name()).unwrap(), state);
        }
        assert_eq!(State::named("none").unwrap_err().to_string(), "there is no state \"none\"");
    }
}
