//! What is kept from scrape to scrape.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::builder::Options;
use crate::collected::Collected;
use crate::encode::{Dialect, ProtobufEncoder, TextEncoder};
use crate::exposition::{Exposition, Format};
use crate::inventory::Stock;
use crate::negotiate::NameFilter;
use crate::page::{Page, Setting};

/// A server of metrics is asked for one format or two. Others that come now and then must not cost memory for ever.
const PAGES: usize = 4;

/// What is kept for one set of sources: an exporter with its registries.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) stock: Stock,
    /// The pages in use, the last one first.
    pages: Mutex<Vec<(Exposition, SharedPage)>>,
}

type SharedPage = Arc<Mutex<AnyPage>>;

#[derive(Debug)]
enum AnyPage {
    Text(Box<Page<TextEncoder>>),
    Protobuf(Box<Page<ProtobufEncoder>>),
}

impl Memory {
    /// Writes the metrics of a collection. Who writes the same exposition at the same time waits.
    pub(crate) fn write(&self, collected: &Collected, setting: Setting<'_>, filter: &NameFilter) -> Bytes {
        let page = self.page(setting);
        let mut page = page.lock().unwrap_or_else(|poisoned| {
            // A panic may have left families half-way.
            page.clear_poison();
            let mut page = poisoned.into_inner();
            *page = AnyPage::new(setting);
            page
        });
        match &mut *page {
            AnyPage::Text(page) => page.write(collected, setting, filter).finish(),
            AnyPage::Protobuf(page) => page.write(collected, setting, filter).finish(),
        }
    }

    fn page(&self, setting: Setting<'_>) -> SharedPage {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let known = pages.iter().position(|(exposition, _)| exposition.has_same_body(setting.exposition));
        let page = match known {
            Some(position) => pages.remove(position),
            None => (setting.exposition, Arc::new(Mutex::new(AnyPage::new(setting)))),
        };
        let shared = Arc::clone(&page.1);
        pages.insert(0, page);
        pages.truncate(PAGES);
        shared
    }
}

impl AnyPage {
    fn new(setting: Setting<'_>) -> Self {
        let Options { created_lines, classic_beside_native, .. } = *setting.options;
        let text = |dialect| Self::Text(Box::new(Page::new(TextEncoder::new(dialect))));
        match setting.exposition.format() {
            Format::PrometheusText | Format::PrometheusTextV1 => text(Dialect::Prometheus),
            Format::OpenMetrics => text(Dialect::OpenMetrics { created_lines }),
            Format::Protobuf => Self::Protobuf(Box::new(Page::new(ProtobufEncoder::new(classic_beside_native)))),
        }
    }
}
