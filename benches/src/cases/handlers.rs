//! Scrapes through the handler: what it adds to a page, compression, and several at once.

use std::io::Read;

use anyhow::{Context, Result, ensure};
use bytes::{Buf, Bytes};
use flate2::read::GzDecoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use telemetry_prometheus::{Format, MetricsBody, PrometheusMetricsHandler};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tower::{Service, ServiceExt};

use crate::case::{Case, Work};
use crate::request::now;
use crate::scrape::{Kind, Series};

/// How many series are on the page, each with the 17 lines of a histogram.
const SERIES: usize = 100;

/// How many scrapes come at once.
const AT_ONCE: [usize; 2] = [1, 4];

pub(super) fn cases() -> Vec<Case> {
    let of_encoding = |encoding: &'static str| {
        let id = format!("telemetry-prometheus/scrape-handler/{encoding}");
        let alone = Case::new(id, move || Alone::new(Pages::new(encoding)?)).times(20);
        let together = AT_ONCE.map(|scrapes| {
            let id = format!("telemetry-prometheus/scrape-parallel/{encoding}/{scrapes}");
            Case::new(id, move || Together::new(Pages::new(encoding)?, scrapes)).only_time()
        });
        [alone].into_iter().chain(together)
    };
    ["identity", "gzip"].into_iter().flat_map(of_encoding).collect()
}

/// Pages of a handler, and how long they have to be.
struct Pages {
    series: Series,
    handler: PrometheusMetricsHandler,
    encoding: &'static str,
    /// Bytes of each response.
    length: usize,
    wrong: usize,
}

impl Pages {
    fn new(encoding: &'static str) -> Result<Self> {
        let series = Series::recorded(Kind::Histograms, SERIES);
        let handler = PrometheusMetricsHandler::new(series.metrics().exporter.clone());
        let mut pages = Self { series, handler, encoding, length: 0, wrong: 0 };
        pages.length = pages.checked()?;
        Ok(pages)
    }

    fn request(&self) -> Request<()> {
        let mut request = Request::new(());
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static(self.encoding));
        request
    }

    fn count(&mut self, length: Option<usize>) {
        self.wrong += usize::from(length != Some(self.length));
    }

    /// The length of a response that has the whole page.
    fn checked(&self) -> Result<usize> {
        let Ok(response) = now(self.handler.clone().oneshot(self.request()));
        let encoding = response.headers().get(CONTENT_ENCODING).map_or("identity", |it| it.to_str().unwrap_or(""));
        ensure!(encoding == self.encoding, "the page is encoded with {encoding}");
        let is_compressed = encoding != "identity";
        let body = now(response.into_body().collect())?.to_bytes();
        let page = if is_compressed { decompressed(&body)? } else { body.to_vec() };
        ensure!(page == self.series.page(Format::PrometheusText)?, "the page is another one than the exporter's");
        Ok(body.len())
    }

    fn finish(&self) -> Result<()> {
        ensure!(self.wrong == 0, "{} pages were missing or too short", self.wrong);
        self.checked().context("the last page is wrong")?;
        Ok(())
    }
}

fn decompressed(body: &Bytes) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    GzDecoder::new(body.clone().reader()).read_to_end(&mut page)?;
    Ok(page)
}

/// How many bytes a response has, if it is one of a page.
async fn length(response: Response<MetricsBody>) -> Option<usize> {
    if response.status() != StatusCode::OK {
        return None;
    }
    let mut body = response.into_body();
    let mut length = 0;
    while let Some(Ok(frame)) = body.frame().await {
        length += frame.data_ref().map_or(0, Buf::remaining);
    }
    Some(length)
}

/// One scrape after the other, without a runtime: all of it happens in this thread.
struct Alone(Pages);

impl Alone {
    fn new(pages: Pages) -> Result<Self> {
        let mut alone = Self(pages);
        alone.run(2);
        Ok(alone)
    }
}

impl Work for Alone {
    fn run(&mut self, times: u64) {
        for _ in 0..times {
            let request = self.0.request();
            let Ok(response) = now(self.0.handler.call(request));
            self.0.count(now(length(response)));
        }
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.0.finish()
    }
}

/// Several scrapes at once, in a runtime of one thread and the threads for its blocking tasks.
struct Together {
    pages: Pages,
    scrapes: usize,
    runtime: Runtime,
}

impl Together {
    fn new(pages: Pages, scrapes: usize) -> Result<Self> {
        let mut together = Self { pages, scrapes, runtime: Builder::new_current_thread().enable_time().build()? };
        together.run(2);
        Ok(together)
    }
}

impl Work for Together {
    fn run(&mut self, times: u64) {
        let Self { pages, scrapes, runtime } = self;
        runtime.block_on(async {
            for _ in 0..times {
                let mut under_way = JoinSet::new();
                for _ in 0..*scrapes {
                    let response = pages.handler.call(pages.request());
                    under_way.spawn(async {
                        let Ok(response) = response.await;
                        length(response).await
                    });
                }
                for length in under_way.join_all().await {
                    pages.count(length);
                }
            }
        });
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.pages.finish()
    }
}
