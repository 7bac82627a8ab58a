use std::net::SocketAddr;

use allocation_counter::measure;
use telemetry_core::{ConnectionInfo, Transport};

use crate::common::Metered;
use crate::script::{PEER, Script, Step, block_on};

#[test]
fn an_accept_allocates_what_its_connection_does() {
    let metered = Metered::new();
    let mut listener = metered.layer.listen(Script::new([Step::Accept]));
    let mut accept = || drop(block_on(listener.accept()));
    accept(); // The SDK makes the series.
    let accepted = measure(|| (0..100).for_each(|_| accept()));

    let info = ConnectionInfo::new(Transport::Tcp).with_peer(SocketAddr::from(PEER));
    let meter = || drop(metered.layer.meter_with_info((), info.clone()));
    meter();
    let metered = measure(|| (0..100).for_each(|_| meter()));
    // One more for what this test waits with.
    assert_eq!(accepted.count_total, metered.count_total + 100, "{accepted:?} {metered:?}");
}
