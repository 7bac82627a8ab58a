//! Without a variable the playground opens no connection and starts no thread to export by; with one it does.

use anyhow::{Result, ensure};
use rustix::process::Signal;

use super::client::Client;
use super::sockets::{Socket, has_thread, sockets};
use super::{Run, until};
use crate::integration::playground::NAME;
use crate::stage::example::Example;

const THREAD: &str = "telemetry-export";
const LOOKS: usize = 20;
const REQUESTS_BETWEEN: usize = 20;

pub(super) async fn run(run: &Run) -> Result<()> {
    let quiet = Example::start(&run.place, NAME).await?;
    let ports = [quiet.server.port(), quiet.metrics.port()];
    let mut client = Client::connect(quiet.server).await?;
    for _ in 0..LOOKS {
        for _ in 0..REQUESTS_BETWEEN {
            client.ask("/log?text=x").await?;
        }
        let look = Look::at(quiet.id()?, ports)?;
        ensure!(look.accepted > 0, "the client's own connection is not seen: {look:?}");
        look.is_quiet()?;
    }
    client.close().await?;
    Look::at(quiet.id()?, ports)?.is_quiet()?;
    quiet.stop(Signal::TERM).await?;

    // The same look sees an export, where there is one.
    let receiver = run.receiver("idle").await?;
    let mut environment = run.environment(&receiver);
    environment.push(("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned()));
    let exports = Example::start_in(&run.place, NAME, &environment).await?;
    let mut client = Client::connect(exports.server).await?;
    client.ask("/").await?;
    client.close().await?;
    let ports = [exports.server.port(), exports.metrics.port()];
    let port = receiver.addresses().http.port();
    until(async || {
        let look = Look::at(exports.id()?, ports)?;
        ensure!(look.thread, "no thread exports: {look:?}");
        ensure!(look.opened.iter().any(|socket| socket.remote == port), "no connection to port {port}: {look:?}");
        Ok(())
    })
    .await?;
    exports.stop(Signal::TERM).await
}

#[derive(Debug, Default)]
struct Look {
    listeners: usize,
    accepted: usize,
    /// Neither a listener of the service, nor accepted by one.
    opened: Vec<Socket>,
    thread: bool,
}

impl Look {
    fn at(process: u32, ports: [u16; 2]) -> Result<Self> {
        let look = Self { thread: has_thread(process, THREAD)?, ..Self::default() };
        Ok(look.with(sockets(process)?, ports))
    }

    fn with(mut self, sockets: Vec<Socket>, ports: [u16; 2]) -> Self {
        for socket in sockets {
            match (ports.contains(&socket.local), socket.listens) {
                (true, true) => self.listeners += 1,
                (true, false) => self.accepted += 1,
                (false, _) => self.opened.push(socket),
            }
        }
        self
    }

    fn is_quiet(&self) -> Result<()> {
        ensure!(self.listeners == 2, "two listeners are not all: {self:?}");
        ensure!(self.opened.is_empty(), "it has opened a socket of its own: {self:?}");
        ensure!(!self.thread, "it has a thread `{THREAD}`: {self:?}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_is_neither_a_listener_nor_accepted_is_seen() {
        let ports = [1, 2];
        let quiet = || [(1, true), (2, true), (1, false)].map(|(local, listens)| Socket::of(local, listens)).to_vec();
        let look = |sockets| Look::default().with(sockets, ports);
        assert!(look(quiet()).is_quiet().is_ok());
        assert_eq!(look(quiet()).accepted, 1);
        for listens in [true, false] {
            assert!(look([quiet(), vec![Socket::of(3, listens)]].concat()).is_quiet().is_err());
        }
        assert!(look(quiet()[1..].to_vec()).is_quiet().is_err());
        assert!(Look { thread: true, ..look(quiet()) }.is_quiet().is_err());
    }
}
