//! Clients in other languages ask `front`, which asks `back`: one trace each, from one end to the other.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use rustix::process::Signal;

use super::Run;
use super::chain::{Chain, one};
use super::clients::{BAGGAGE, CLIENTS, Client, Exchange};
use super::judge::{Attribute, Expected, only_names_of_today};
use super::services::{Services, Way, shown};
use super::span::{Kind, Span};
use crate::integration::compare::Row;
use crate::integration::report::Report;

/// What each client asks for, and the status that it gets.
const ITEMS: [(&str, u16); 2] = [("7", 200), ("broken", 500)];

/// The client's own two, and those of a chain.
const SPANS: usize = 5;

pub(super) async fn run(run: &Run) -> Result<()> {
    let mut receiver = run.receiver("story").await?;
    let services = Services::start(&run.place, run.way, &receiver).await?;
    let addresses = ITEMS.map(|(item, _)| format!("http://{}/orders/{item}", services.front));
    let http = receiver.http();
    let exchanges = try_join_all(CLIENTS.map(|client| client.run(&run.tools, &http, &addresses))).await?;
    let (front, back) = (services.front.port(), services.back.port());
    services.stop(Signal::INT).await?;

    let mut stories = Vec::new();
    for (client, exchanges) in CLIENTS.into_iter().zip(exchanges) {
        for ((item, status), exchange) in ITEMS.into_iter().zip(exchanges) {
            let story = Story::new(client, (item, status), front, back);
            story.answered(&exchange).with_context(|| story.to_string())?;
            stories.push((story, exchange));
        }
    }
    let spans = receiver.spans(stories.len() * SPANS).await?;
    let mut rows = Vec::new();
    for (story, exchange) in &stories {
        rows.extend(story.rows(exchange, &spans, run.way).with_context(|| story.to_string())?);
    }
    Report::new(&run.place, Path::new("spans")).summarize(&run.to_string(), &rows)
}

struct Story {
    client: Client,
    status: u16,
    front: u16,
    back: u16,
    /// The paths of both requests, and the address of the second.
    orders: String,
    stock: String,
    full: String,
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.client.name(), self.orders)
    }
}

impl Story {
    fn new(client: Client, (item, status): (&str, u16), front: u16, back: u16) -> Self {
        let (orders, stock) = (format!("/orders/{item}"), format!("/stock/{item}"));
        let full = format!("http://127.0.0.1:{back}{stock}");
        Self { client, status, front, back, orders, stock, full }
    }

    /// Every piece of the three spans.
    fn rows(&self, exchange: &Exchange, spans: &[Span], way: Way) -> Result<Vec<Row>> {
        let asked = one(spans, |span| span.kind == Kind::Client && span.parent == exchange.span)?;
        let chain = Chain::below(spans, asked)?;
        only_names_of_today(chain.spans().map(|(_, span)| span))?;
        let expected = self.expected(exchange, asked, &chain);
        let pairs = expected.iter().zip(chain.spans());
        Ok(pairs.flat_map(|(expected, (name, span))| expected.rows(&format!("{self} {name}"), span, way)).collect())
    }

    /// The baggage went through both services.
    fn answered(&self, exchange: &Exchange) -> Result<()> {
        let Exchange { status, body, .. } = exchange;
        ensure!(*status == self.status, "status {status}, expected {}: {body}", self.status);
        let members = if self.status == 200 { &BAGGAGE[..] } else { &[] };
        for (name, value) in members {
            let member = shown(name, &self.client.sent(value));
            ensure!(body.contains(&member), "back should have seen the baggage `{member}`: {body}");
        }
        Ok(())
    }

    /// All of the three spans, each the child of the one before.
    fn expected<'a>(&'a self, exchange: &'a Exchange, asked: &'a Span, chain: &Chain<'a>) -> [Expected<'a>; 3] {
        let expected = |service, kind, name, parent, attributes| Expected {
            service,
            kind,
            name,
            trace: &exchange.trace,
            parent,
            flags: exchange.flags,
            state: "",
            status: self.status,
            attributes,
        };
        let user_agent = ("user_agent.original", Attribute::Text(self.client.name()));
        let mut front = server(&self.orders, "/orders/{id}", self.front);
        front.push(user_agent);
        [
            expected("front", Kind::Server, "GET /orders/{id}", asked.id.as_str(), front),
            expected("front", Kind::Client, "GET /stock/{item}", chain.front.id.as_str(), self.client()),
            expected(
                "back",
                Kind::Server,
                "GET /stock/{item}",
                chain.client.id.as_str(),
                server(&self.stock, "/stock/{item}", self.back),
            ),
        ]
    }

    fn client(&self) -> Vec<(&'static str, Attribute<'_>)> {
        vec![
            ("http.request.method", Attribute::Text("GET")),
            ("url.full", Attribute::Text(&self.full)),
            ("url.template", Attribute::Text("/stock/{item}")),
            ("server.address", Attribute::Text("127.0.0.1")),
            ("server.port", Attribute::Int(self.back)),
            ("network.protocol.version", Attribute::Text("1.1")),
            ("network.peer.address", Attribute::Text("127.0.0.1")),
            ("network.peer.port", Attribute::Int(self.back)),
        ]
    }
}

fn server<'a>(path: &'a str, route: &'a str, port: u16) -> Vec<(&'static str, Attribute<'a>)> {
    vec![
        ("http.request.method", Attribute::Text("GET")),
        ("url.path", Attribute::Text(path)),
        ("url.scheme", Attribute::Text("http")),
        ("http.route", Attribute::Text(route)),
        ("server.address", Attribute::Text("127.0.0.1")),
        ("server.port", Attribute::Int(port)),
        ("network.protocol.version", Attribute::Text("1.1")),
        ("network.peer.address", Attribute::Text("127.0.0.1")),
        ("network.peer.port", Attribute::Port),
        ("client.address", Attribute::Text("127.0.0.1")),
    ]
}
