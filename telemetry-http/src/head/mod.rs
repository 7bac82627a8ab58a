//! Facts read from the head of a request. All of it comes from the other side, so every input has a defined answer.

pub(crate) mod authority;
pub(crate) mod forwarded;
#[cfg(feature = "trace")]
pub(crate) mod lines;
pub(crate) mod user_agent;

use http::request::Parts;

use crate::common::Common;
use crate::connection::Scheme;
use crate::head::authority::Authority;
use crate::options::Options;
use crate::series::Rare;
use crate::side::Side;

/// The scheme that the first client used, as far as the layer may believe what it reads.
#[inline]
pub(crate) fn scheme(options: &Common, parts: &Parts) -> Scheme {
    let forwarded = options.trust_forwarded.then(|| forwarded::scheme(&parts.headers)).flatten();
    forwarded.unwrap_or_else(|| Scheme::of(parts))
}

/// What only some layers look at; absent if there is nothing of it.
pub(crate) fn rare<'a>(options: &Options, parts: &'a Parts) -> Option<Rare<'a>> {
    let server = if options.server_address { server(options, parts) } else { None };
    let synthetic = if options.common.synthetic_type { user_agent::synthetic_type(&parts.headers) } else { None };
    (server.is_some() || synthetic.is_some()).then_some(Rare { server, synthetic })
}

/// The server that the request is for.
fn server<'a>(options: &Options, parts: &'a Parts) -> Option<Authority<'a>> {
    match options.common.side {
        Side::Server => authority::of_request(parts, options.common.trust_forwarded),
        Side::Client => {
            let (address, port) = authority::of_client_request(parts, Scheme::of(parts))?;
            Some(Authority { address, port: Some(port) })
        }
    }
}

/// The scheme of this name, in any case.
pub(crate) fn scheme_named(name: &str) -> Option<Scheme> {
    Scheme::ALL.into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(name))
}
