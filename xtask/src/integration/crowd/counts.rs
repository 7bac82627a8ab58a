//! What the playground has counted by itself.

use std::fmt;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::stage::example::Example;
use crate::stage::http;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::integration) struct Counts {
    pub(in crate::integration) connections: u64,
    pub(in crate::integration) begun: u64,
    pub(in crate::integration) unanswered: u64,
    pub(in crate::integration) cut_off: u64,
    pub(in crate::integration) failed: u64,
    pub(in crate::integration) answered: u64,
    pub(in crate::integration) received: u64,
    pub(in crate::integration) sent: u64,
}

impl Counts {
    pub(in crate::integration) async fn of(playground: &Example) -> Result<Self> {
        Self::parse(&http::get(playground.metrics, "/tally", "*/*").await?)
    }

    fn parse(text: &str) -> Result<Self> {
        let tally: Value = serde_json::from_str(text)?;
        let number = |name: &str| tally[name].as_u64().with_context(|| format!("no number of {name} in {text}"));
        Ok(Self {
            connections: number("connections")?,
            begun: number("begun")?,
            unanswered: number("unanswered")?,
            cut_off: number("cut_off")?,
            failed: number("failed")?,
            answered: number("answered")?,
            received: number("received")?,
            sent: number("sent")?,
        })
    }

    pub(in crate::integration) fn ended(&self) -> u64 {
        self.unanswered + self.cut_off + self.failed + self.answered
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, begun, unanswered, cut_off, failed, answered, received, sent } = self;
        write!(f, "{begun} requests on {connections} connections: {answered} answered, {cut_off} cut off, ")?;
        write!(f, "{failed} failed, {unanswered} unanswered; {received} bytes received, {sent} sent")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_to_be_there() {
        let names = ["connections", "begun", "unanswered", "cut_off", "failed", "answered", "received", "sent"];
        let numbers = names.iter().zip(1_u64..).map(|(name, number)| ((*name).to_owned(), number.into()));
        let tally = serde_json::Map::from_iter(numbers);
        let counts = Counts::parse(&Value::Object(tally.clone()).to_string()).unwrap();
        assert_eq!((counts.connections, counts.begun, counts.sent, counts.ended()), (1, 2, 8, 18));
        for name in names {
            let mut tally = tally.clone();
            tally.remove(name);
            assert!(Counts::parse(&Value::Object(tally).to_string()).is_err(), "{name}");
        }
    }
}
