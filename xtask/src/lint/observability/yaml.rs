//! YAML as a tree that can be asked for a part by name.

use anyhow::{Result, bail};
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

/// The only document of a file. A key that comes twice is an error, as is a tag that programs would take differently.
pub(in crate::lint) fn parse(text: &str) -> Result<Value> {
    let mut documents = Yaml::load_from_str(text)?;
    match (documents.pop(), documents.len()) {
        (Some(document), 0) => value(document),
        (None, _) => bail!("it is empty"),
        (Some(_), more) => bail!("it has {} documents, and programs read the first", more + 1),
    }
}

fn value(node: Yaml<'_>) -> Result<Value> {
    Ok(match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(flag)) => flag.into(),
        Yaml::Value(Scalar::Integer(number)) => number.into(),
        Yaml::Value(Scalar::FloatingPoint(number)) => number.into_inner().into(),
        Yaml::Value(Scalar::String(text)) => text.into(),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(value).collect::<Result<_>>()?),
        Yaml::Mapping(entries) => {
            let entries = entries.into_iter().map(|(key, entry)| Ok((name(value(key)?)?, value(entry)?)));
            Value::Object(entries.collect::<Result<Map<_, _>>>()?)
        }
        Yaml::Representation(..) | Yaml::Tagged(..) | Yaml::Alias(_) | Yaml::BadValue => bail!("it has {node:?}"),
    })
}

fn name(key: Value) -> Result<String> {
    match key {
        Value::String(name) => Ok(name),
        other => bail!("the key {other} is no text"),
    }
}

/// The items of a list, numbers as they are written; an item that is neither text nor number as JSON. What is no list
/// has no items.
pub(super) fn items(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().map(text).collect()
}

fn text(item: &Value) -> String {
    item.as_str().map_or_else(|| item.to_string(), str::to_owned)
}

/// The entries of a mapping. What is no mapping has none.
pub(super) fn entries(mapping: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    mapping.and_then(Value::as_object).into_iter().flatten().map(|(name, entry)| (name.as_str(), entry))
}

/// Everything that stands under `name`, however deep.
pub(super) fn all(value: &Value, name: &str) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| all(item, name)).collect(),
        Value::Object(entries) => {
            let here = entries.get(name).map(text);
            here.into_iter().chain(entries.values().flat_map(|entry| all(entry, name))).collect()
        }
        _ => Vec::new(),
    }
}

/// The items of every list that stands under `name`, however deep.
pub(super) fn lists(value: &Value, name: &str) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| lists(item, name)).collect(),
        Value::Object(entries) => {
            let here = items(entries.get(name)).into_iter();
            here.chain(entries.values().flat_map(|entry| lists(entry, name))).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_is_one_tree() {
        let text = "a: [1, two, \"3\"] # why\nb:\n  c: ~\n  d: true\n  e: &x 0.5\n  f: *x\n";
        let tree = parse(text).unwrap();
        assert_eq!(tree, json!({"a": [1, "two", "3"], "b": {"c": null, "d": true, "e": 0.5, "f": 0.5}}));
        assert_eq!(items(tree.get("a")), ["1", "two", "3"]);
        assert_eq!(all(&tree, "d"), ["true"]);
        assert_eq!(entries(tree.get("b")).map(|(name, _)| name).collect::<String>(), "cdef");
        assert_eq!((items(tree.get("b")), entries(tree.get("a")).count()), (Vec::new(), 0));
    }

    #[test]
    fn what_programs_would_take_differently_is_refused() {
        for text in ["", "a: 1\na: 2", "a: 1\n---\na: 2", "a: !reset []", "1: a", "a: [1", "a:\n\t- 1", "a: b: c"] {
            assert!(parse(text).is_err(), "{text:?} gave {:?}", parse(text));
        }
    }
}
