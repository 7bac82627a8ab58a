//! One thing that is measured, in every way that it can be: times, instructions, allocations.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

/// Work that has been prepared and warmed up.
pub trait Work {
    /// Does it so many times, one after the other.
    fn run(&mut self, times: u64);

    /// Brings everything back to where the work can be done once more, if it has to be brought there. This is not measured.
    fn again(&mut self) {}

    /// How long it takes to [`run`](Self::run) so many times.
    fn time(&mut self, times: u64) -> Duration {
        let start = Instant::now();
        self.run(times);
        start.elapsed()
    }

    /// Whether everything that was done was recorded.
    ///
    /// # Errors
    ///
    /// When something was lost.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// What a case is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Wall time.
    pub time: bool,
    /// Instructions of the thread, and allocations.
    pub counts: bool,
}

/// What a case may cost at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Budget {
    /// Nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<f64>,
    /// Instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<f64>,
    /// Allocations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocations: Option<f64>,
    /// Bytes that are still allocated afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<f64>,
}

type Prepare = Box<dyn Fn() -> Result<Box<dyn Work>>>;

/// One row of a table. Its id is a contract: it may be retired, and is never given another meaning.
#[derive(Serialize)]
pub struct Case {
    /// `crate/scenario/parameter`.
    pub id: String,
    /// The id of what is subtracted, when the cost of something is asked for that is done around something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beyond: Option<String>,
    /// What is measured.
    pub figures: Figures,
    /// How often the work is done for a count, and whether it has to be brought back in between.
    pub times: u64,
    #[serde(skip)]
    apart: bool,
    /// What it may cost at most, with what is subtracted taken off.
    pub budget: Budget,
    #[serde(skip)]
    prepare: Prepare,
}

impl Case {
    /// A case that is measured in every way, 2,000 times for a count.
    pub fn new<W: Work + 'static>(id: impl Into<String>, prepare: impl Fn() -> Result<W> + 'static) -> Self {
        Self {
            id: id.into(),
            beyond: None,
            figures: Figures { time: true, counts: true },
            times: 2_000,
            apart: false,
            budget: Budget::default(),
            prepare: Box::new(move || Ok(Box::new(prepare()?))),
        }
    }

    /// What is subtracted.
    #[must_use]
    pub fn beyond(mut self, id: impl Into<String>) -> Self {
        self.beyond = Some(id.into());
        self
    }

    /// How often the work is done for a count.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Has [`Work::again`] called before each time.
    #[must_use]
    pub fn apart(mut self) -> Self {
        self.apart = true;
        self
    }

    /// Only times say something: several threads, or work of the kernel's.
    #[must_use]
    pub fn only_time(mut self) -> Self {
        self.figures.counts = false;
        self
    }

    /// Only counts say something.
    #[must_use]
    pub fn only_counts(mut self) -> Self {
        self.figures.time = false;
        self
    }

    /// What it may cost at most.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Prepares the work.
    ///
    /// # Errors
    ///
    /// When it cannot be prepared, and when the system does not record what it should.
    pub fn prepare(&self) -> Result<Prepared> {
        let work = (self.prepare)().with_context(|| format!("cannot prepare {}", self.id))?;
        Ok(Prepared { work, apart: self.apart })
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("id", &self.id).field("figures", &self.figures).finish_non_exhaustive()
    }
}

/// A case that is ready to be measured.
pub struct Prepared {
    work: Box<dyn Work>,
    apart: bool,
}

impl Prepared {
    /// How long it takes to do it so many times.
    pub fn time(&mut self, times: u64) -> Duration {
        if !self.apart {
            return self.work.time(times);
        }
        let mut one = || {
            self.work.again();
            self.work.time(1)
        };
        (0..times).map(|_| one()).sum()
    }

    /// Does it so many times. `measure` sees the work alone.
    pub fn count(&mut self, times: u64, mut measure: impl FnMut(&mut dyn Work, u64)) {
        if !self.apart {
            return measure(&mut *self.work, times);
        }
        for _ in 0..times {
            self.work.again();
            measure(&mut *self.work, 1);
        }
    }

    /// Whether everything that was done was recorded.
    ///
    /// # Errors
    ///
    /// When something was lost.
    pub fn finish(self) -> Result<()> {
        self.work.finish()
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("apart", &self.apart).finish_non_exhaustive()
    }
}
