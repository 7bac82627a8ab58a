//! `Accept-Encoding`: whether a page is compressed.

use http::HeaderValue;

use super::list::{Quality, clauses};

/// How the bytes of a page are sent. Compression that is not compiled in does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ContentEncoding {
    Identity,
    #[cfg(feature = "gzip")]
    Gzip,
    #[cfg(feature = "zstd")]
    Zstd,
}

impl ContentEncoding {
    /// The best first. Prometheus offers gzip alone. Where a client offers both, zstd is taken: it makes smaller pages
    /// in less time, and it is there only if the application's author wanted it.
    pub(crate) const ALL: &'static [Self] = &[
        #[cfg(feature = "zstd")]
        Self::Zstd,
        #[cfg(feature = "gzip")]
        Self::Gzip,
        Self::Identity,
    ];

    /// What a client wants, by the `Accept-Encoding` headers of its request.
    ///
    /// The highest `q` wins. Of equal ones the compressed wins, for whoever mentions compression has a use for it.
    /// Without a header there is no compression, though the client would have to accept it: many cannot. A client that
    /// refuses everything gets the page as it is.
    pub(crate) fn negotiate<'a>(accept_encoding: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        let (mut named, mut any) = ([None; Self::ALL.len()], None);
        for clause in clauses(accept_encoding) {
            if clause.name == b"*" {
                any = better(any, clause.quality);
            }
            for (encoding, quality) in Self::ALL.iter().zip(&mut named) {
                if encoding.names().iter().any(|name| clause.name.eq_ignore_ascii_case(name.as_bytes())) {
                    *quality = better(*quality, clause.quality);
                }
            }
        }

        // Not to be mentioned is to be refused. For the page as it is, which is sent when nothing else is, that makes
        // no difference.
        let mut chosen = (Self::Identity, Quality::REFUSED);
        for (&encoding, named) in Self::ALL.iter().zip(named) {
            let quality = named.or(any.filter(|_| encoding.is_part_of_any())).unwrap_or(Quality::REFUSED);
            if quality > chosen.1 {
                chosen = (encoding, quality);
            }
        }
        chosen.0
    }

    /// The name of the encoding, then others that it goes by.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Identity => &["identity"],
            #[cfg(feature = "gzip")]
            Self::Gzip => &["gzip", "x-gzip"],
            #[cfg(feature = "zstd")]
            Self::Zstd => &["zstd"],
        }
    }

    /// `*` is taken for what every client can read.
    const fn is_part_of_any(self) -> bool {
        match self {
            Self::Identity => true,
            #[cfg(feature = "gzip")]
            Self::Gzip => true,
            #[cfg(feature = "zstd")]
            Self::Zstd => false,
        }
    }

    /// The value for the `Content-Encoding` header, for a response that has one.
    pub(crate) const fn header_value(self) -> Option<HeaderValue> {
        match self {
            Self::Identity => None,
            #[cfg(feature = "gzip")]
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
            #[cfg(feature = "zstd")]
            Self::Zstd => Some(HeaderValue::from_static("zstd")),
        }
    }
}

fn better(old: Option<Quality>, new: Quality) -> Option<Quality> {
    if old.is_none_or(|old| new > old) { Some(new) } else { old }
}

#[cfg(test)]
mod tests;
