//! What a scrape asks for.

use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING};
use http::request::Request;
use http::{HeaderName, Method};

use crate::exposition::Exposition;
use crate::negotiate::{ContentEncoding, NameFilter, scrape_timeout};

static SCRAPE_TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

/// A request without what does not matter for the response.
#[derive(Debug)]
pub(super) struct ScrapeRequest {
    pub(super) is_head: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) page: PageKey,
}

/// What makes two pages of one collection the same.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PageKey {
    pub(super) exposition: Exposition,
    pub(super) filter: NameFilter,
    pub(super) encoding: ContentEncoding,
}

impl ScrapeRequest {
    /// Nothing for methods that read nothing.
    pub(super) fn new<B>(request: &Request<B>, timeout: Option<Duration>) -> Option<Self> {
        let is_head = match *request.method() {
            Method::GET => false,
            Method::HEAD => true,
            _ => return None,
        };
        let headers = request.headers();
        let page = PageKey {
            exposition: Exposition::negotiate(headers.get_all(ACCEPT)),
            filter: NameFilter::new(request.uri().query()),
            encoding: ContentEncoding::negotiate(headers.get_all(ACCEPT_ENCODING)),
        };
        Some(Self { is_head, timeout: scrape_timeout(timeout, headers.get(&SCRAPE_TIMEOUT)), page })
    }
}
