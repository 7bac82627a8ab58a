//! What a scrape asks for, by the headers and the query of its request.
//!
//! All of it comes from whoever can reach the port. Nothing here fails: what is not understood counts as not said.

mod accept;
mod encoding;
mod list;
mod query;
mod timeout;

pub(crate) use accept::exposition;
pub(crate) use encoding::ContentEncoding;
pub(crate) use query::NameFilter;
pub(crate) use timeout::scrape_timeout;
