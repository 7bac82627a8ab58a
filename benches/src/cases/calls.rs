//! Work that is a call, and things that are made.

use std::hint::black_box;

use anyhow::{Context, Result, ensure};

use crate::case::Work;

/// How often a function has been called before it is measured.
const WARM_UP: u64 = 500;

/// Calls a function that tells whether it came to what it should, again and again.
pub(super) struct Calls<C> {
    call: C,
    called: u64,
    right: u64,
}

impl<C: FnMut() -> bool> Calls<C> {
    pub(super) fn new(call: C) -> Self {
        let mut calls = Self { call, called: 0, right: 0 };
        calls.run(WARM_UP);
        calls
    }
}

impl<C: FnMut() -> bool> Work for Calls<C> {
    fn run(&mut self, times: u64) {
        self.right += (0..times).map(|_| u64::from((self.call)())).sum::<u64>();
        self.called += times;
    }

    fn finish(self: Box<Self>) -> Result<()> {
        ensure!(
            self.right == self.called,
            "{} of {} calls came to something else",
            self.called - self.right,
            self.called
        );
        Ok(())
    }
}

/// Makes something, once for each time that it is prepared. What was made before is dropped in between. Neither is measured.
pub(super) struct Makes<P, T> {
    steps: Steps<P, T>,
    /// In the order in which they are dropped.
    made: Option<Result<T>>,
    prepared: Result<P>,
}

/// How to prepare, to make, and to find out whether what was made does what it should.
pub(super) struct Steps<P, T> {
    pub(super) prepare: fn() -> Result<P>,
    pub(super) make: fn(&mut P) -> Result<T>,
    pub(super) works: fn(P, T) -> Result<()>,
}

impl<P, T> Clone for Steps<P, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, T> Copy for Steps<P, T> {}

impl<P, T> Makes<P, T> {
    pub(super) fn new(steps: Steps<P, T>) -> Result<Self> {
        let mut prepared = (steps.prepare)()?;
        let made = (steps.make)(&mut prepared)?;
        (steps.works)(prepared, made)?;
        Ok(Self { steps, made: None, prepared: (steps.prepare)() })
    }
}

impl<P, T> Work for Makes<P, T> {
    fn again(&mut self) {
        self.made = None;
        self.prepared = (self.steps.prepare)();
    }

    fn run(&mut self, times: u64) {
        let Ok(prepared) = &mut self.prepared else { return };
        (0..times).for_each(|_| self.made = Some(black_box((self.steps.make)(prepared))));
    }

    fn finish(self: Box<Self>) -> Result<()> {
        (self.steps.works)(self.prepared?, self.made.context("nothing was made")??)
    }
}
