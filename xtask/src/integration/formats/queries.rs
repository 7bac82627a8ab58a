//! Functions of PromQL over what was scraped.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::answers::piece;
use super::judge::Piece;
use super::native::around;
use super::scrape::{Exponential, Names, Scrape};
use crate::stage::prometheus::Prometheus;

/// Each query, with its only answer.
type Queries = BTreeMap<String, Piece>;

/// Each quantile of a series, with the value at its rank, and the classic bucket that this is in.
type Quantile = (f64, f64, (f64, f64));

const SLOW: [Quantile; 3] = [(0.5, 4.125, (4.0, 8.0)), (0.75, 96.0, (64.0, 128.0)), (0.95, 100.0, (64.0, 128.0))];
const EXPRESS: [Quantile; 2] = [(0.1, 0.296875, (0.25, 0.5)), (0.5, 0.3125, (0.25, 0.5))];
/// Classic buckets begin at 0: they say nothing of what is below.
const BALANCE: [Quantile; 1] = [(0.8, 3.0, (1.0, 4.0))];
const BELOW: [(f64, f64); 4] = [(0.1, -1000.0), (0.2, -1.5), (0.3, -0.75), (0.5, 0.0)];

pub(super) fn queries(scrape: &Scrape) -> Queries {
    let job = scrape.job;
    let (delay, balance) = match scrape.names {
        Names::Usual => ("shop_delivery_delay_seconds", "shop_balance"),
        Names::Own => ("shop.delivery.delay", "shop.balance"),
        Names::Underscored => ("shop_delivery_delay", "shop_balance"),
    };
    let selectors = |suffix: &str| {
        let select = |name: &str, labels: &[(&str, &str)]| selector(&format!("{name}{suffix}"), labels, job);
        [select(delay, &[("lane", "slow")]), select(delay, &[("lane", "express")]), select(balance, &[])]
    };
    let mut queries = Queries::new();
    if scrape.exponential != Exponential::Classic {
        let [slow, express, balance] = selectors("");
        for (selector, schema, quantiles) in [(&slow, 3, &SLOW[..]), (&express, 7, &EXPRESS), (&balance, 2, &BALANCE)] {
            for (quantile, value, _) in quantiles {
                queries.insert(in_quantile(*quantile, selector), within(around(schema, *value)));
            }
        }
        for (quantile, value) in BELOW {
            queries.insert(in_quantile(quantile, &balance), within(around(2, value)));
        }
        queries.insert(format!("histogram_count({slow})"), Piece::Number(5.0));
        queries.insert(format!("histogram_sum({slow})"), Piece::Number(200.8779296875));
        queries.insert(format!("histogram_count({balance})"), Piece::Number(8.0));
        queries.insert(format!("histogram_sum({balance})"), Piece::Number(999_000.765625));
    }
    if matches!(scrape.exponential, Exponential::Classic | Exponential::Both) {
        let [slow, express, balance] = selectors("_bucket");
        for (selector, quantiles) in [(slow, &SLOW[..]), (express, &EXPRESS), (balance, &BALANCE)] {
            for (quantile, _, bucket) in quantiles {
                queries.insert(in_quantile(*quantile, &selector), within(*bucket));
            }
        }
    }
    if scrape.names == Names::Own {
        let orders = selector("shop.orders", &[("payment.method", "card")], job);
        queries.insert(orders, Piece::Number(1027.0));
    }
    queries
}

fn in_quantile(quantile: f64, selector: &str) -> String {
    format!("histogram_quantile({quantile}, {selector})")
}

fn within((low, high): (f64, f64)) -> Piece {
    Piece::Within(low, high)
}

/// With names in quotes where they need them, which only version 3 understands.
fn selector(name: &str, labels: &[(&str, &str)], job: &str) -> String {
    let quoted = |name: &str| if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() };
    let labels = labels.iter().copied().chain([("job", job)]);
    let labels: Vec<String> = labels.map(|(name, value)| format!("{}=\"{value}\"", quoted(name))).collect();
    if name.contains('.') {
        format!("{{\"{name}\",{}}}", labels.join(","))
    } else {
        format!("{name}{{{}}}", labels.join(","))
    }
}

/// The answers to `queries`. One that is missing, or not alone, is left out.
pub(super) async fn answers(prometheus: &Prometheus, queries: &Queries) -> Result<Vec<(String, Piece)>> {
    let mut answers = Vec::new();
    for query in queries.keys() {
        let answer = prometheus.vector(query).await.with_context(|| query.clone())?;
        if let [series] = &answer[..] {
            answers.push((query.clone(), piece(series).with_context(|| format!("odd series {series}"))?));
        }
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_quotes_where_they_need_them() {
        assert_eq!(selector("a_b", &[("c", "d")], "j"), r#"a_b{c="d",job="j"}"#);
        assert_eq!(selector("a.b", &[("c.d", "e"), ("f", "g")], "j"), r#"{"a.b","c.d"="e",f="g",job="j"}"#);
    }
}
