//! Clients that use everything there is, at a pace that any machine keeps up with: some 80 requests a second in all.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, try_join_all};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::wire::Wire;

mod apart;
mod mix;
mod proxied;
mod secure;

/// Of each hundred requests of the mix, so many are answered with an error of the server.
pub(crate) const ERRORS: u32 = 3;

/// Where to send it.
#[derive(Debug, Clone)]
pub(crate) struct Targets {
    pub(crate) playgrounds: [SocketAddr; 2],
    /// One that leads to a playground, and one that leads nowhere.
    pub(crate) proxies: [SocketAddr; 2],
    pub(crate) tls: SocketAddr,
    /// The file with the certificate of the server with TLS.
    pub(crate) certificate: String,
}

pub(crate) use proxied::MOST as MOST_PROXIED;

type Client = BoxFuture<'static, Result<()>>;

/// Goes on until it is dropped, or until an answer is not what it has to be.
pub(crate) async fn run(targets: &Targets) -> Result<Infallible> {
    let mut clients: Vec<Client> = Vec::new();
    for playground in targets.playgrounds {
        clients.extend(mix::clients(&Wire::new(playground)));
        clients.extend(apart::clients(&Wire::new(playground)));
    }
    clients.extend(proxied::clients(&targets.proxies.map(Wire::new)));
    clients.extend(secure::clients(targets.tls, &targets.certificate));
    try_join_all(clients).await?;
    anyhow::bail!("no client is left")
}

/// A client that does the same again and again.
fn client<F>(name: &'static str, every: Duration, mut act: impl FnMut() -> F + Send + 'static) -> Client
where
    F: Future<Output = Result<()>> + Send,
{
    async move {
        let mut pace = pace(every);
        loop {
            pace.tick().await;
            act().await.context(name)?;
        }
    }
    .boxed()
}

/// Never faster than this, also after a pause.
fn pace(every: Duration) -> Interval {
    let mut interval = interval(every);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
