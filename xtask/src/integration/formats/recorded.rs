//! What the example `formats` records, written down once more: nothing here comes from what it exposes.

/// A metric with the names that it has in OpenTelemetry, and those that it gets for Prometheus.
#[derive(Debug)]
pub(super) struct Metric {
    pub(super) name: &'static str,
    /// With the unit, without `_total`.
    pub(super) family: &'static str,
    pub(super) kind: Kind,
    /// The word for it, if the family's name ends in it.
    pub(super) unit: &'static str,
    pub(super) help: &'static str,
    pub(super) series: &'static [Series],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Summary,
}

#[derive(Debug)]
pub(super) struct Series {
    pub(super) labels: &'static [(&'static str, &'static str)],
    pub(super) data: Data,
    pub(super) exemplars: &'static [Exemplar],
}

#[derive(Debug)]
pub(super) enum Data {
    Number(f64),
    /// Bounds and values.
    Explicit(&'static [f64], &'static [f64]),
    /// Bounds where there are no native buckets, the schema of those that there are, and values.
    Exponential(&'static [f64], i32, &'static [f64]),
    /// Quantiles, sum and count.
    Summary(&'static [(f64, f64)], f64, u64),
}

#[derive(Debug)]
pub(super) struct Exemplar {
    pub(super) value: f64,
    /// The trace and the span have the same number.
    pub(super) trace: u8,
    pub(super) labels: &'static [(&'static str, &'static str)],
}

const fn series(labels: &'static [(&'static str, &'static str)], data: Data, exemplars: &'static [Exemplar]) -> Series {
    Series { labels, data, exemplars }
}

const fn number(labels: &'static [(&'static str, &'static str)], value: f64) -> Series {
    series(labels, Data::Number(value), &[])
}

const fn exemplar(value: f64, trace: u8, labels: &'static [(&'static str, &'static str)]) -> Exemplar {
    Exemplar { value, trace, labels }
}

pub(super) const SCOPE: [(&str, &str); 3] =
    [("otel_scope_name", "shop"), ("otel_scope_team", "blue"), ("otel_scope_version", "1.4.0")];
pub(super) const RESOURCE: [(&str, &str); 2] = [("deployment.environment.name", "test"), ("service.name", "formats")];

const CARD: &[(&str, &str)] = &[("payment.method", "card")];
const CASH: &[(&str, &str)] = &[("payment.method", "cash")];
const TIER: &[(&str, &str)] = &[("customer.tier", "gold \"1\"")];
const CELLAR: &str = "the \"old\" cellar\\\nbehind the café";

const CHECKOUT: &[f64] = &[0.125, 0.5, 1.0, 2.5];
/// Powers of two for seconds, powers of four for what has no unit.
const SECONDS: &[f64] = &powers::<18>(0.0009765625, 2.0);
const ANYTHING: &[f64] = &powers::<21>(0.0009765625, 4.0);

const fn powers<const N: usize>(first: f64, factor: f64) -> [f64; N] {
    let mut powers = [first; N];
    let mut i = 1;
    while i < N {
        powers[i] = powers[i - 1] * factor;
        i += 1;
    }
    powers
}

/// Metrics of the SDK.
pub(super) const OWN: &[Metric] = &[
    Metric {
        name: "shop.orders",
        family: "shop_orders",
        kind: Kind::Counter,
        unit: "",
        help: "Orders that were placed.",
        series: &[series(CARD, Data::Number(1027.0), &[exemplar(1.0, 0x0a, TIER)]), number(CASH, 3.0)],
    },
    Metric {
        name: "shop.sent",
        family: "shop_sent_bytes",
        kind: Kind::Counter,
        unit: "bytes",
        help: "Bytes in \"mails\".\nC:\\all of them.",
        // Prometheus keeps doubles; the last digit of 9007199254740993 is in the pages alone.
        series: &[number(&[], 9_007_199_254_740_992.0)],
    },
    Metric {
        name: "shop.revenue",
        family: "shop_revenue_EUR",
        kind: Kind::Counter,
        unit: "EUR",
        help: "",
        series: &[number(&[], 12.625)],
    },
    Metric {
        name: "shop.temperature",
        family: "shop_temperature_celsius",
        kind: Kind::Gauge,
        unit: "celsius",
        help: "In each room.",
        series: &[number(&[("room", "kitchen")], 21.5), number(&[("room", CELLAR)], -4.25)],
    },
    Metric {
        name: "shop.baskets",
        family: "shop_baskets",
        kind: Kind::Gauge,
        unit: "",
        help: "Open baskets.",
        series: &[number(&[], -7.0)],
    },
    Metric {
        name: "shop.checkout.duration",
        family: "shop_checkout_duration_seconds",
        kind: Kind::Histogram,
        unit: "seconds",
        help: "Duration of checkouts.",
        series: &[
            series(
                CARD,
                Data::Explicit(CHECKOUT, &[0.0625, 0.125, 0.375, 0.4375, 0.75, 3.0]),
                &[exemplar(0.375, 0x0b, &[]), exemplar(0.75, 0x0c, TIER), exemplar(3.0, 0x0d, &[])],
            ),
            series(CASH, Data::Explicit(CHECKOUT, &[1.0]), &[]),
        ],
    },
    Metric {
        name: "shop.basket.size",
        family: "shop_basket_size",
        kind: Kind::Histogram,
        unit: "",
        help: "Items in a basket.",
        series: &[series(&[], Data::Explicit(&[1.0, 10.0, 100.0], &[1.0, 5.0, 7.0, 200.0]), &[])],
    },
    Metric {
        name: "shop.delivery.delay",
        family: "shop_delivery_delay_seconds",
        kind: Kind::Histogram,
        unit: "seconds",
        help: "Delay of deliveries.",
        // As fine as 160 buckets allow, and as Prometheus allows for a single value. Some values are in the last bucket
        // below a power of two, or in the first above one: there classic and native buckets part if an index is wrong.
        series: &[
            series(
                &[("lane", "express")],
                Data::Exponential(SECONDS, 7, &[0.296875, 0.3125, 0.3125, 0.3125, 0.5]),
                &[exemplar(0.3125, 0x0e, &[]), exemplar(0.5, 0x0f, TIER)],
            ),
            series(&[("lane", "slow")], Data::Exponential(SECONDS, 3, &[0.0029296875, 0.75, 4.125, 96.0, 100.0]), &[]),
            series(&[("lane", "single")], Data::Exponential(SECONDS, 8, &[0.7109375]), &[]),
        ],
    },
    Metric {
        name: "shop.balance",
        family: "shop_balance",
        kind: Kind::Histogram,
        unit: "",
        help: "Of the accounts.",
        series: &[series(
            &[],
            Data::Exponential(ANYTHING, 2, &[-1000.0, -1.5, -0.75, 0.0, 0.0, 0.015625, 3.0, 1e6]),
            &[exemplar(-1.5, 0x10, &[])],
        )],
    },
];

/// Metrics of the `prometheus` crate, whose names stay as they are.
pub(super) const LEGACY: &[Metric] = &[
    Metric {
        name: "legacy_jobs",
        family: "legacy_jobs",
        kind: Kind::Counter,
        unit: "",
        help: "Jobs that were done.",
        series: &[number(&[("queue", "mail")], 4.0), number(&[("queue", "print")], 0.0)],
    },
    Metric {
        name: "legacy_load",
        family: "legacy_load",
        kind: Kind::Gauge,
        unit: "",
        help: "Load of the workers.",
        series: &[
            number(&[("worker", "a")], 0.375),
            number(&[("worker", "none")], f64::NAN),
            number(&[("worker", "low")], f64::NEG_INFINITY),
            number(&[("worker", "high")], f64::INFINITY),
        ],
    },
    Metric {
        name: "legacy_run_seconds",
        family: "legacy_run_seconds",
        kind: Kind::Histogram,
        unit: "",
        help: "Duration of jobs.",
        series: &[series(&[], Data::Explicit(&[0.5, 2.0], &[0.25, 1.0, 8.0]), &[])],
    },
    Metric {
        name: "legacy_wait_seconds",
        family: "legacy_wait_seconds",
        kind: Kind::Summary,
        unit: "",
        help: "Time in the queue.",
        series: &[series(&[], Data::Summary(&[(0.5, 0.25), (0.99, 4.0)], 6.5, 8), &[])],
    },
];
