//! The attributes of a connection's metrics, as sorted lists.

use telemetry_core::Transport;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::semconv::attribute;

use crate::series::SeriesKey;

/// The attributes that all metrics of a connection have, by name: the SDK sorts and copies lists that are not sorted, at
/// each call. Of the caller's with the same name those of the connection win over the `fixed` ones.
pub(crate) fn of_series(key: &SeriesKey<'_>, fixed: &[KeyValue]) -> Box<[KeyValue]> {
    let mut ours = of_network(key.transport, key.network_type);
    if let Some(server) = key.server {
        ours.push(KeyValue::new(attribute::SERVER_ADDRESS, server.address.to_owned()));
        ours.extend(server.port.map(|port| KeyValue::new(attribute::SERVER_PORT, i64::from(port))));
    }
    sorted(fixed.iter().chain(key.own).filter(|attribute| !is_ours(attribute.key.as_str())), ours).into()
}

/// What all metrics of this crate have.
pub(crate) fn of_network(transport: Transport, network_type: Option<&'static str>) -> Vec<KeyValue> {
    let transport = KeyValue::new(attribute::NETWORK_TRANSPORT, transport.as_str());
    [transport].into_iter().chain(network_type.map(|ip| KeyValue::new(attribute::NETWORK_TYPE, ip))).collect()
}

/// The caller's attributes and ours by name, with each name once.
pub(crate) fn sorted<'a>(callers: impl Iterator<Item = &'a KeyValue>, ours: Vec<KeyValue>) -> Vec<KeyValue> {
    let mut attributes: Vec<_> = callers.cloned().chain(ours).collect();
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
    // Keeps the last of each name, as the SDK would.
    attributes.dedup_by(|later, earlier| {
        let same = later.key == earlier.key;
        if same {
            std::mem::swap(later, earlier);
        }
        same
    });
    attributes
}

/// The names that the caller's attributes cannot have, even on a metric or a connection that goes without.
fn is_ours(name: &str) -> bool {
    matches!(
        name,
        attribute::ERROR_TYPE
            | attribute::NETWORK_IO_DIRECTION
            | attribute::NETWORK_PROTOCOL_NAME
            | attribute::NETWORK_PROTOCOL_VERSION
            | attribute::NETWORK_TRANSPORT
            | attribute::NETWORK_TYPE
            | attribute::TLS_PROTOCOL_VERSION
            | attribute::TLS_RESUMED
            | attribute::TRANSPORT_CLOSE_REASON
    )
}

/// A sorted list with one more attribute in its place.
pub(crate) fn with(attributes: &[KeyValue], more: KeyValue) -> Vec<KeyValue> {
    let mut all = attributes.to_vec();
    insert(&mut all, more);
    all
}

/// Puts one more attribute in its place in a sorted list, unless its name is there already.
pub(crate) fn insert(attributes: &mut Vec<KeyValue>, more: KeyValue) {
    let at = attributes.partition_point(|attribute| attribute.key < more.key);
    if attributes.get(at).is_none_or(|attribute| attribute.key != more.key) {
        attributes.insert(at, more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Server;

    fn text(attributes: &[KeyValue]) -> Vec<String> {
        attributes.iter().map(|a| format!("{}={}", a.key, a.value)).collect()
    }

    #[test]
    fn lists_are_sorted_and_have_each_name_once() {
        let fixed = [KeyValue::new("zone", 1), KeyValue::new("lane", 1), KeyValue::new("a", 1)];
        let own = [KeyValue::new("lane", 2), KeyValue::new("a", 2), KeyValue::new("a", 3)];
        let mut key = SeriesKey { transport: Transport::Tcp, network_type: Some("ipv4"), server: None, own: &own };
        let list = of_series(&key, &fixed);
        let sorted = ["a=3", "lane=2", "network.transport=tcp", "network.type=ipv4", "zone=1"];
        assert_eq!(text(&list), sorted);

        let rows = [("_", 0), ("error.type", 1), ("network.io.direction", 2), ("zz", 5)];
        for (name, place) in rows {
            let mut expected: Vec<_> = sorted.map(String::from).into();
            expected.insert(place, format!("{name}=x"));
            assert_eq!(text(&with(&list, KeyValue::new(name, "x"))), expected);
        }
        assert_eq!(text(&with(&list, KeyValue::new("zone", "x"))), sorted);

        key.server = Some(Server { address: "db", port: Some(5432) });
        key.own = &[];
        let expected = ["network.transport=tcp", "network.type=ipv4", "server.address=db", "server.port=5432"];
        assert_eq!(text(&of_series(&key, &[KeyValue::new("server.address", "mine")])), expected);
    }
}
