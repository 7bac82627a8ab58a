//! The examples of connections with peers that are programs of their own, or sockets that count: what Prometheus answers
//! has to be what these say.

use std::path::PathBuf;

use anyhow::Result;

use super::{INTEGRATION, Place, limited};
use crate::steps::Step;

mod crowded;
mod descriptors;
mod failures;
mod proxy;
mod question;
mod secure;
mod storm;
mod tls;
mod tools;
mod upstream;
mod watched;

pub(super) fn steps(place: &Place, binaries: &[PathBuf]) -> Vec<Step> {
    let mut steps = Vec::new();
    for binary in binaries {
        let (again, same) = (place.clone(), binary.clone());
        steps.push(Step::check(format!("tcp_proxy under {}", binary.display()), INTEGRATION, move |_| {
            raised(proxy::run(&again, &same))
        }));
        let (again, same) = (place.clone(), binary.clone());
        steps.push(Step::check(format!("tls_server under {}", binary.display()), INTEGRATION, move |_| {
            raised(tls::run(&again, &same))
        }));
    }
    steps
}

/// With as many file descriptors as the system allows, for us and for what we start.
fn raised(work: impl Future<Output = Result<()>>) -> Result<()> {
    descriptors::raise()?;
    limited(work)
}
