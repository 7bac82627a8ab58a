use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A stripe of threads, which count and record apart from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stripe(usize);

impl Stripe {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..stripes()).map(Self)
    }

    /// The stripe of the calling thread, among a number of stripes that is a power of two.
    #[inline]
    pub(super) fn of_thread(stripes: usize) -> usize {
        thread_number() & (stripes - 1)
    }
}

/// One value for each stripe, on cache lines of its own.
pub struct PerStripe<T> {
    values: Box<[Apart<T>]>,
}

#[repr(align(128))]
struct Apart<T>(T);

impl<T> PerStripe<T> {
    /// A value that `make` makes for each stripe.
    #[must_use]
    pub fn new(mut make: impl FnMut() -> T) -> Self {
        Self { values: Stripe::all().map(|_| Apart(make())).collect() }
    }

    /// The value of a stripe.
    #[inline]
    #[must_use]
    pub fn get(&self, stripe: Stripe) -> &T {
        &self.values[stripe.0].0
    }

    /// How many there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The value at a place in the order of [`iter`](Self::iter).
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&T> {
        self.values.get(place).map(|value| &value.0)
    }

    /// All values.
    pub fn iter(&self) -> impl Iterator<Item = (Stripe, &T)> {
        self.values.iter().enumerate().map(|(stripe, value)| (Stripe(stripe), &value.0))
    }
}

impl<T: fmt::Debug> fmt::Debug for PerStripe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values.iter().map(|value| &value.0)).finish()
    }
}

/// How many stripes there are: a power of two, and more than threads run at once.
fn stripes() -> usize {
    static STRIPES: OnceLock<usize> = OnceLock::new();
    *STRIPES.get_or_init(|| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        (2 * threads).next_power_of_two().clamp(4, 256)
    })
}

/// Threads are numbered as they come, so that the workers of a runtime have stripes of their own.
#[inline]
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}
