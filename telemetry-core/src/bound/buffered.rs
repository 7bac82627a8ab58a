use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, TryLockError};

use super::stripes::{Held, lock};
use super::{Stripe, Stripes};
use crate::meter::ScopedMeter;

/// What becomes of records: the instruments of a layer, and all that it shares.
pub trait Sink: Send + Sync + 'static {
    /// One thing that ended, with all that is to be recorded of it. It must not hold a [`Local`]: a record that holds the
    /// last one would wait for itself.
    type Record: Send;

    /// What goes on on a stripe and ends with a record, behind the lock of the records: both change in one moment. `()` if
    /// nothing is kept. It must not hold a [`Local`] either.
    type Ongoing: Default + Send;

    /// Puts a record into the instruments.
    fn record(&self, record: Self::Record);

    /// Puts what has waited in the list of a stripe into the instruments: what many records have in common can be done
    /// once.
    fn record_all(&self, records: impl Iterator<Item = Self::Record>, _stripe: Stripe) {
        records.for_each(|record| self.record(record));
    }

    /// Puts what is to be had with a lock on one stripe at a time into the instruments, while records go on to come on the
    /// others. Called before [`drain`](Self::drain), and like it by one thread at a time.
    fn gather(&self, _stripes: &Stripes<Self>)
    where
        Self: Sized,
    {
    }

    /// Puts what waits elsewhere into the instruments, such as the [`StripedCount`](super::StripedCount)s. Called before
    /// a reader looks, and once more at the end; by one thread at a time, while nothing can be recorded on any stripe.
    fn drain(&self);
}

/// Keeps the records of a [`Sink`] until a reader collects.
///
/// The instruments of one series are shared by all cores, and a core that writes to them makes the others wait. So
/// records wait in lists, one for each stripe of threads, and go to the instruments together: when a list is full, and
/// before each collection of any reader, which then sees everything that has ended by then. Nothing waits before the
/// first collection: it proves that the provider asks before it reads.
///
/// A clone of the [`Local`] handle is the only thing that a request has to take along. When the last of the handles is
/// gone, everything has been drained.
pub struct Buffered<S: Sink> {
    handles: Box<[Local<S>]>,
}

/// A sink as the threads of one stripe see it.
///
/// It may move to other threads: they then share the stripe for a while.
pub struct Local<S: Sink>(Arc<Handle<S>>);

/// On cache lines of its own: every request of the stripe writes to the reference count.
#[repr(align(128))]
struct Handle<S: Sink> {
    shared: Arc<Shared<S>>,
    stripe: Stripe,
    _owner: Arc<Owner<S>>,
}

struct Shared<S: Sink> {
    sink: S,
    stripes: Stripes<S>,
    collected: AtomicBool,
    gate: Arc<Gate<S>>,
}

/// Where the records go through, with what there is to drain until the last handle is gone. One at a time: a reader must
/// not look while another still carries what it has taken out, nor while the last handle is on its way out, which has no
/// reference any more that a reader could find.
type Gate<S> = Mutex<Option<Arc<Shared<S>>>>;

/// All handles together. The gate would keep what they share for good.
struct Owner<S: Sink>(Arc<Gate<S>>);

/// A list that may be emptied, if nobody else is emptying one.
const FULL: usize = 64;

/// A list that has to be emptied.
const MOST: usize = 4 * FULL;

impl<S: Sink> Buffered<S> {
    /// Gives a sink its lists. `meter` tells when a reader collects, through an observable instrument that never has a
    /// value. Where a view drops that instrument, every record goes to the instruments at once.
    #[must_use]
    pub fn new(sink: S, meter: &ScopedMeter) -> Self {
        let gate = Arc::new(Gate::default());
        let shared = Arc::new(Shared {
            sink,
            stripes: Stripes::with_room(MOST),
            collected: AtomicBool::new(false),
            gate: Arc::clone(&gate),
        });
        *lock(&gate) = Some(Arc::clone(&shared));
        let owner = Arc::new(Owner(Arc::clone(&gate)));
        // Callbacks are never unregistered: this one keeps a gate that is empty in the end.
        meter.before_collection(move || {
            if let Some(shared) = &*lock(&gate) {
                shared.collected.store(true, Ordering::Relaxed);
                shared.drain();
            }
        });
        let handle =
            |stripe| Local(Arc::new(Handle { shared: Arc::clone(&shared), stripe, _owner: Arc::clone(&owner) }));
        Self { handles: Stripe::all().map(handle).collect() }
    }

    /// The handle for the calling thread.
    #[inline]
    #[must_use]
    pub fn local(&self) -> &Local<S> {
        // The number of handles is a power of two.
        &self.handles[Stripe::of_thread(self.handles.len())]
    }
}

impl<S: Sink> Local<S> {
    /// Records now, or before the next collection.
    #[inline(always)]
    pub fn record(&self, record: S::Record) {
        let shared = &*self.0.shared;
        if !self.waits() {
            return shared.record_now(record);
        }
        shared.push(&mut shared.stripes.lock(self.0.stripe), record, self.0.stripe);
    }

    /// Like [`record`](Self::record), for something that went on: in one moment with its end.
    #[inline(always)]
    pub fn end(&self, end: impl FnOnce(&mut S::Ongoing) -> S::Record) {
        let shared = &*self.0.shared;
        let mut held = shared.stripes.lock(self.0.stripe);
        let record = end(&mut held.ongoing);
        if self.waits() {
            shared.push(&mut held, record, self.0.stripe);
        } else {
            drop(held);
            shared.record_now(record);
        }
    }

    /// Changes what goes on on the stripe, which is locked meanwhile.
    #[inline(always)]
    pub fn change<T>(&self, change: impl FnOnce(&mut S::Ongoing) -> T) -> T {
        change(&mut self.0.shared.stripes.lock(self.0.stripe).ongoing)
    }

    /// Whether what is recorded may wait for a collection. Once it may, that stays so.
    #[inline]
    #[must_use]
    pub fn waits(&self) -> bool {
        self.0.shared.collected.load(Ordering::Relaxed)
    }

    /// The stripe of the threads that this handle is for.
    #[inline]
    #[must_use]
    pub fn stripe(&self) -> Stripe {
        self.0.stripe
    }
}

impl<S: Sink> Shared<S> {
    #[cold]
    fn record_now(&self, record: S::Record) {
        self.sink.record(record);
    }

    #[inline(always)]
    fn push(&self, held: &mut Held<S>, record: S::Record, stripe: Stripe) {
        held.records.push(record);
        if held.records.len() >= FULL {
            self.full(held, stripe);
        }
    }

    /// The list stays locked meanwhile: what is on its way to the instruments must not be missing for a reader.
    #[cold]
    fn empty(&self, held: &mut Held<S>, stripe: Stripe) {
        self.sink.record_all(held.records.drain(..), stripe);
    }

    /// Two that write to the same instruments at once would wait for each other at every record.
    #[cold]
    fn full(&self, held: &mut Held<S>, stripe: Stripe) {
        let alone = match self.gate.try_lock() {
            Ok(alone) => Some(alone),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        if alone.is_some() || held.records.len() >= MOST {
            self.empty(held, stripe);
        }
    }

    /// To be called by who holds the gate.
    fn drain(&self) {
        self.sink.gather(&self.stripes);
        // One list at a time, for as long as that may take.
        for (stripe, mut held) in self.stripes.locked() {
            self.empty(&mut held, stripe);
        }
        // And what has come meanwhile, with the counts, in one moment for all stripes: a reader would see something as
        // inside that has ended, and its successor on another stripe as well.
        let mut all: Vec<_> = self.stripes.locked().collect();
        for (stripe, held) in &mut all {
            self.empty(held, *stripe);
        }
        self.sink.drain();
    }
}

impl<S: Sink> Drop for Owner<S> {
    fn drop(&mut self) {
        let mut gate = lock(&self.0);
        let last = gate.take();
        if let Some(shared) = &last {
            shared.drain();
        }
        // What the sink has from the caller is dropped afterwards.
        drop(gate);
    }
}

impl<S: Sink> Deref for Local<S> {
    type Target = S;

    #[inline]
    fn deref(&self) -> &S {
        &self.0.shared.sink
    }
}

impl<S: Sink> Clone for Local<S> {
    #[inline]
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Sink> fmt::Debug for Local<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("stripe", &self.0.stripe).finish_non_exhaustive()
    }
}

impl<S: Sink> fmt::Debug for Buffered<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffered").field("stripes", &self.handles.len()).finish_non_exhaustive()
    }
}
