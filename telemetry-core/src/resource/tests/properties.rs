//! What must hold whatever stands in the variables and files.

use proptest::prelude::*;

use super::super::container::{id_of_cgroup, id_of_mounts};
use super::super::system::release_field;
use super::*;

/// Text of what has a meaning here, and of anything else.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ab =,%/:\"'\\\\\t\n-]{0,8}",
        "%[0-9a-fA-Fg]{0,3}",
        "[0-9a-f]{64}",
        Just("NAME=".to_owned()),
        Just("1 2 0:3 /containers/".to_owned()),
        Just(" /etc/hostname ".to_owned()),
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn size(resource: &Resource) -> usize {
    resource.iter().map(|(key, value)| key.as_str().len() + value.to_string().len()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn co_07_no_variable_panics_or_grows(name in text(), attributes in text()) {
        let unset = from_environment(&[]);
        let resource = from_environment(&[(NAME, &name), (ATTRIBUTES, &attributes)]);
        prop_assert!(size(&resource) <= size(&unset) + name.len() + attributes.len());
        prop_assert!(value(&resource, "service.name").is_some());
        prop_assert_eq!(resource.schema_url(), Some(SCHEMA_URL));
        prop_assert!(resource.iter().all(|(key, _)| !key.as_str().trim().is_empty()));
    }

    #[test]
    fn co_07_what_is_encoded_comes_back(pairs in proptest::collection::btree_map("\\PC{0,8}[a-z]", ".{0,16}", 0..6)) {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let members: Vec<_> = pairs.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
        let resource = from_environment(&[(ATTRIBUTES, &members.join(","))]);
        prop_assert!(pairs.iter().all(|(key, expected)| value(&resource, key).as_ref() == Some(expected)));
    }

    #[test]
    fn co_23_no_file_panics_and_an_id_is_one(text in text()) {
        for id in [id_of_cgroup(&text), id_of_mounts(&text)].into_iter().flatten() {
            prop_assert!(id.len() == 64 || id.contains('-'), "{}", id);
            prop_assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'), "{}", id);
        }
        prop_assert!(release_field(&text, "NAME").is_none_or(|field| field.len() <= text.len()));
    }
}
