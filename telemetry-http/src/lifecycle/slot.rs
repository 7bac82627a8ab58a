use std::pin::Pin;

use pin_project_lite::pin_project;

/// Where a layer keeps the service's future or body.
pub trait Slot<T> {
    fn new(value: T) -> Self;
    /// What is kept, until it has been [emptied](Self::empty).
    fn get(&self) -> Option<&T>;
    fn get_pin(self: Pin<&mut Self>) -> Option<Pin<&mut T>>;
    /// Drops what is kept now, if that is of use.
    fn empty(self: Pin<&mut Self>);
}

pin_project! {
    /// Dropped when its owner is.
    pub struct Kept<T> {
        #[pin]
        value: T,
    }
}

pin_project! {
    /// Dropped when it is told to: in the scope of its owner. It costs what an `Option` costs.
    pub struct Emptied<T> {
        #[pin]
        value: Option<T>,
    }
}

impl<T> Slot<T> for Kept<T> {
    #[inline]
    fn new(value: T) -> Self {
        Self { value }
    }

    #[inline]
    fn get(&self) -> Option<&T> {
        Some(&self.value)
    }

    #[inline]
    fn get_pin(self: Pin<&mut Self>) -> Option<Pin<&mut T>> {
        Some(self.project().value)
    }

    #[inline]
    fn empty(self: Pin<&mut Self>) {}
}

impl<T> Slot<T> for Emptied<T> {
    fn new(value: T) -> Self {
        Self { value: Some(value) }
    }

    fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    fn get_pin(self: Pin<&mut Self>) -> Option<Pin<&mut T>> {
        self.project().value.as_pin_mut()
    }

    fn empty(self: Pin<&mut Self>) {
        self.project().value.set(None);
    }
}
