//! What a query of Prometheus asks for: metrics and labels by their names.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};
use promql_parser::label::{Labels, METRIC_NAME, MatchOp, Matcher};
use promql_parser::parser::{self, BinModifier, Call, Expr, LabelModifier, VectorMatchCardinality, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Names {
    pub(crate) metrics: BTreeSet<String>,
    /// Of selectors that say more of a metric's name than what it is.
    pub(crate) patterns: Vec<Pattern>,
    /// Those that are asked for, be they in the data or made.
    pub(crate) labels: BTreeSet<String>,
    /// Those that the query makes by itself.
    pub(crate) made: BTreeSet<String>,
}

/// A condition on the name of a metric, `__name__=~"a|b"` for example.
#[derive(Debug, PartialEq)]
pub(crate) struct Pattern(Matcher);

impl Pattern {
    pub(crate) fn takes(&self, metric: &str) -> bool {
        self.0.is_match(metric)
    }
}

/// What `query` asks for. An error if Prometheus would not take it.
pub(crate) fn names(query: &str) -> Result<Names> {
    let expr = parser::parse(query).map_err(|error| anyhow!("{error}, in `{query}`"))?;
    let mut names = Names::default();
    walk_expr(&mut names, &expr)?;
    Ok(names)
}

impl ExprVisitor for Names {
    type Error = anyhow::Error;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool> {
        match expr {
            Expr::VectorSelector(selector) => self.select(selector)?,
            Expr::MatrixSelector(selector) => self.select(&selector.vs)?,
            Expr::Aggregate(aggregate) => {
                self.modify(aggregate.modifier.as_ref());
                match aggregate.param.as_deref() {
                    // Only `count_values` has a text there: the label in which it puts the values.
                    Some(Expr::StringLiteral(label)) => _ = self.made.insert(label.val.clone()),
                    // The walk does not come by.
                    Some(param) => _ = walk_expr(self, param)?,
                    None => {}
                }
            }
            Expr::Binary(binary) => binary.modifier.iter().for_each(|modifier| self.join(modifier)),
            Expr::Call(call) => self.call(call)?,
            _ => {}
        }
        Ok(true)
    }
}

impl Names {
    fn select(&mut self, selector: &VectorSelector) -> Result<()> {
        self.metrics.extend(selector.name.clone());
        if !selector.matchers.or_matchers.is_empty() {
            bail!("`or` between matchers, which Prometheus does not know");
        }
        for matcher in &selector.matchers.matchers {
            if matcher.name != METRIC_NAME {
                self.labels.insert(matcher.name.clone());
            } else if matcher.op == MatchOp::Equal {
                self.metrics.insert(matcher.value.clone());
            } else {
                self.patterns.push(Pattern(matcher.clone()));
            }
        }
        Ok(())
    }

    fn modify(&mut self, modifier: Option<&LabelModifier>) {
        match modifier {
            Some(LabelModifier::Include(labels) | LabelModifier::Exclude(labels)) => self.use_all(labels),
            None => {}
        }
    }

    fn join(&mut self, modifier: &BinModifier) {
        self.modify(modifier.matching.as_ref());
        match &modifier.card {
            VectorMatchCardinality::ManyToOne(labels) | VectorMatchCardinality::OneToMany(labels) => {
                self.use_all(labels);
            }
            VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => {}
        }
    }

    /// The name of the metric is a label as well, and no metric lacks it.
    fn use_all(&mut self, labels: &Labels) {
        self.labels.extend(labels.labels.iter().filter(|label| *label != METRIC_NAME).cloned());
    }

    /// `label_replace(vector, made, replacement, used, pattern)`, `label_join(vector, made, separator, used, ..)`.
    fn call(&mut self, call: &Call) -> Result<()> {
        let most = match call.func.name {
            "label_replace" => 1,
            "label_join" => usize::MAX,
            _ => return Ok(()),
        };
        let texts = call.args.args.iter().skip(1).map(|arg| match arg.as_ref() {
            Expr::StringLiteral(text) => Ok(text.val.clone()),
            other => bail!("`{other}` stands for a text of {}", call.func.name),
        });
        let texts = texts.collect::<Result<Vec<_>>>()?;
        self.made.extend(texts.first().cloned());
        self.labels.extend(texts.into_iter().skip(2).take(most).filter(|label| label != METRIC_NAME));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metrics, labels that are used, labels that are made.
    fn said(query: &str) -> (String, String, String) {
        let names = names(query).unwrap();
        let text = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(" ");
        (text(names.metrics), text(names.labels), text(names.made))
    }

    #[test]
    fn names_are_found_wherever_they_stand() {
        for (query, metrics, labels, made) in [
            ("up", "up", "", ""),
            ("1 + 2", "", "", ""),
            ("rate(a_total{b=\"1\", c!~\"2|3\"}[5m])", "a_total", "b c", ""),
            ("{__name__=\"a\", b=\"\"}", "a", "b", ""),
            ("sum by (b, le) (a) / sum without (c) (d)", "a d", "b c le", ""),
            ("count by (__name__, b) (a)", "a", "b", ""),
            ("a * on (b) group_left (c) d", "a d", "b c", ""),
            ("a and ignoring (b) d", "a d", "b", ""),
            ("max_over_time(sum(rate(a[1m]))[1h:5m] offset 1d)", "a", "", ""),
            ("-(a) or histogram_count(rate(b{c=\"d\"}[5m]))", "a b", "c", ""),
            ("topk(scalar(max by (b) (n)), a)", "a n", "b", ""),
            ("count_values by (b) (\"version\", a)", "a", "b", "version"),
            ("label_replace(a, \"b\", \"$1\", \"c\", \"(.*)\")", "a", "c", "b"),
            ("sum by (b) (label_join(a, \"b\", \"-\", \"c\", \"d\"))", "a", "b c d", "b"),
            ("histogram_quantile(0.95, sum by (le) (rate(a_bucket[5m])))", "a_bucket", "le", ""),
            ("job:a:rate5m > 5", "job:a:rate5m", "", ""),
        ] {
            let expected = (metrics.to_owned(), labels.to_owned(), made.to_owned());
            assert_eq!(said(query), expected, "{query}");
        }
    }

    #[test]
    fn a_pattern_of_names_can_be_asked() {
        let names = names("{__name__=~\"a(_count)?\", __name__!=\"b\", c=\"d\"}").unwrap();
        let [pattern, other] = names.patterns.as_slice() else { panic!("{names:?}") };
        assert_eq!(["a", "a_count", "ab", "b"].map(|name| pattern.takes(name)), [true, true, false, false]);
        assert_eq!(["a", "b"].map(|name| other.takes(name)), [true, false]);
        assert_eq!((names.metrics.len(), names.labels.len()), (0, 1));
    }

    #[test]
    fn what_prometheus_would_not_take_is_an_error() {
        for query in [
            "",
            "sum(rate(a[5m])",
            "sum(rate(a[5m])))",
            "rate(a)",
            "rate(a[5x])",
            "sum by b (a)",
            "sum by (b (a)",
            "a{b=c}",
            "a{b=\"c\"",
            "a{b=~\"(\"}",
            "a{b=\"c\" or d=\"e\"}",
            "a b",
            "a +",
            "unknown(a)",
            "histogram_quantile(a)",
            "{}",
            "a or on (b) group_left d",
            "label_replace(a, \"b\", c, \"d\", \"e\")",
        ] {
            assert!(names(query).is_err(), "{query} gave {:?}", names(query));
        }
    }
}
