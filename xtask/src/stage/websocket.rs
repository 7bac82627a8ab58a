//! A WebSocket by hand, with the keys and frames that RFC 6455 gives as examples.

use anyhow::{Context, Result, ensure};

use super::wire::{Raw, Wire};

const HANDSHAKE: &str = "GET /ws HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The text `Hello`, masked as a client has to, and as a server sends it.
const HELLO: [u8; 11] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
const HELLO_BACK: &[u8] = b"\x81\x05Hello";

/// Close with code 1000, masked with zeros.
const CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];

/// One that is open.
#[derive(Debug)]
pub(crate) struct WebSocket(Raw);

impl WebSocket {
    pub(crate) async fn open(wire: &Wire) -> Result<Self> {
        let mut raw = wire.raw().await?;
        raw.write(HANDSHAKE).await?;
        let head = String::from_utf8(raw.read_until("\r\n\r\n").await?).context("the head")?;
        ensure!(head.starts_with("HTTP/1.1 101 ") && head.contains(ACCEPT), "no handshake: {head}");
        Ok(Self(raw))
    }

    /// Says hello, and waits for the echo.
    pub(crate) async fn hello(&mut self) -> Result<()> {
        self.0.write(HELLO).await?;
        self.0.read_until(HELLO_BACK).await.map(drop)
    }

    pub(crate) async fn close(mut self) -> Result<()> {
        self.0.write(CLOSE).await?;
        let close = self.0.finish().await?;
        ensure!(close.starts_with(&[0x88]), "no close frame, but {close:?}");
        Ok(())
    }
}
