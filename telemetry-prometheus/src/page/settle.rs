//! Which metrics make up which family, and which of two that contradict each other is exported.

use std::collections::HashMap;

use telemetry_core::opentelemetry_sdk::Resource;

use super::Setting;
use super::family::Family;
use super::head::Head;
use super::series::Part;
use crate::builder::Options;
use crate::collected::{Collected, Source};
use crate::exposition::Format;
use crate::kind::Kind;
use crate::label::{FixedLabel, Origin};
use crate::sdk;
use crate::warning::Warning;

/// The families of a page, sorted by name; in OpenMetrics, that of the target comes first.
///
/// Of contradicting metrics the one that came first stays, so that a new one does not change what is exported.
pub(super) fn families(sources: &[Source<'_>], collected: &Collected, setting: Setting<'_>) -> Vec<Family> {
    let mut by_arrival: Vec<_> = collected.inventory().arrivals().zip(0..).collect();
    by_arrival.sort_unstable();

    let mut settled = Settled { families: Vec::new(), owners: HashMap::new(), setting };
    for (_, position) in by_arrival {
        let source = sources[position];
        if is_wanted(source, setting)
            && let Some(head) = Head::new(source, setting)
        {
            let fixed_labels = fixed_labels(source, collected.resource(), setting.options);
            settled.add(head, Part::new(position, fixed_labels, origin(source)));
        }
    }

    let mut families = settled.families;
    let target_first = setting.exposition.format() == Format::OpenMetrics;
    families.sort_by(|a, b| {
        let key = |family: &Family| !(target_first && family.head().kind == Kind::Info);
        (key(a), &a.head().name).cmp(&(key(b), &b.head().name))
    });
    families
}

fn is_wanted(source: Source<'_>, setting: Setting<'_>) -> bool {
    match source {
        Source::Target(resource) => setting.options.target_info && !resource.is_empty(),
        Source::Instrument { .. } | Source::Registry { .. } => true,
    }
}

/// How far the labels of a source are translated.
fn origin(source: Source<'_>) -> Origin {
    match source {
        Source::Target(_) | Source::Instrument { .. } => Origin::OpenTelemetry,
        Source::Registry { .. } => Origin::Prometheus,
    }
}

struct Settled<'s> {
    families: Vec<Family>,
    /// The families by all names that are theirs.
    owners: HashMap<String, usize>,
    setting: Setting<'s>,
}

impl Settled<'_> {
    fn add(&mut self, head: Head, part: Part) {
        let warnings = self.setting.warnings;
        if let Some(index) = self.owners.get(&head.name)
            && let family = &mut self.families[*index]
            && family.head().name == head.name
        {
            family.join(&head, part, warnings);
            return;
        }
        let claims = head.claims(self.setting.exposition.format());
        if let Some(index) = claims.iter().find_map(|name| self.owners.get(name)) {
            let other = &self.families[*index].head().name;
            warnings.report(&Warning::SampleNameConflict { family: &head.name, other });
            return;
        }
        self.owners.extend(claims.into_iter().map(|name| (name, self.families.len())));
        self.families.push(Family::new(head, part));
    }
}

/// The labels that all series of a source share.
fn fixed_labels(source: Source<'_>, resource: &Resource, options: &Options) -> Vec<FixedLabel> {
    let attributes = |select: &dyn Fn(&str) -> bool| {
        let selected = resource.iter().filter(|(key, _)| select(key.as_str()));
        selected.map(|(key, value)| FixedLabel::new(key.as_str(), value)).collect()
    };
    match source {
        Source::Target(_) => attributes(&|_| true),
        Source::Registry { .. } => Vec::new(),
        Source::Instrument { scope, .. } => {
            let mut labels: Vec<_> = attributes(&|key| options.is_resource_label(key));
            if options.scope_labels {
                labels.extend(sdk::scope_labels(scope));
            }
            labels
        }
    }
}
