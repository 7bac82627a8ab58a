//! Our programs, those that watch them, and clients that use them, as long as somebody wants to look.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

pub(crate) mod alertmanager;
pub(crate) mod client;
mod configurations;
pub(crate) mod ending;
pub(crate) mod example;
pub(crate) mod http;
pub(crate) mod ledger;
pub(crate) mod load;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod prometheus;
pub(crate) mod scene;
pub(crate) mod sink;
pub(crate) mod websocket;
pub(crate) mod wire;

/// Where the examples are built, and where a run keeps its files.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) binaries: PathBuf,
    pub(crate) folder: PathBuf,
}

impl Place {
    /// A folder of this name among what is built.
    pub(crate) fn new(workspace: &Workspace, folder: &str) -> Self {
        Self { binaries: workspace.target.join("debug"), folder: workspace.target.join(folder) }
    }
}

/// A port that was free a moment ago, for a program that does not tell which one it was given.
pub(crate) fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on loopback")?;
    Ok(listener.local_addr()?)
}
