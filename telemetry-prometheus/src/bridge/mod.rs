//! The `prometheus` crate, both ways: its registries in our output, and our metrics in its registries.
//!
//! That crate's data types come from `protobuf` or are plain structs, as its feature `protobuf` says, and any other crate
//! of a build may switch it. The code here keeps to what both kinds have in common.

mod collector;
mod compat;
mod gather;
mod identity;

pub(crate) use gather::{gather, kind};
pub(crate) use identity::Identity;
