//! Web sockets that echo and are closed.

use anyhow::Result;

use crate::stage::ledger::{Ending, Kind, Ledger};
use crate::stage::websocket::WebSocket;
use crate::stage::wire::Wire;

/// The request ends with the head that switches protocols; what follows is in the connection's bytes alone.
pub(super) async fn drive(wire: &Wire, ledger: &mut Ledger) -> Result<()> {
    for _ in 0..4 {
        let mut socket = WebSocket::open(wire).await?;
        for _ in 0..3 {
            socket.hello().await?;
        }
        socket.close().await?;
        ledger.record(Kind::new("GET", Some("/ws"), "1.1", Ending::Answered(101)), 0, 0);
    }
    Ok(())
}
