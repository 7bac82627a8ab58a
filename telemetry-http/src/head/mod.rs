//! Facts read from the head of a request. All of it comes from the other side, so every input has a defined answer.

pub(crate) mod authority;
pub(crate) mod forwarded;
pub(crate) mod user_agent;

use crate::connection::Scheme;

/// The scheme of this name, in any case.
fn scheme_named(name: &str) -> Option<Scheme> {
    [Scheme::Http, Scheme::Https].into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(name))
}
