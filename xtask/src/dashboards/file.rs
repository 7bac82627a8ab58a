//! The committed dashboards, read as anybody would read them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

/// In the workspace.
pub(crate) const FOLDER: &str = "examples/observability/grafana/dashboards";

/// What stands for all values of a variable, in the file.
const ALL: &str = "$__all";

#[derive(Debug, PartialEq)]
pub(crate) struct File {
    /// Without its extension.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) uid: String,
    pub(crate) variables: Vec<Variable>,
    /// Those in collapsed rows too, and without the rows themselves.
    pub(crate) panels: Vec<Panel>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// Where its values come from: a query, a list, or the type of a data source.
    pub(crate) query: String,
    /// What stands in the queries for it when the dashboard is opened.
    pub(crate) value: String,
    /// The name of that value, which `${name:text}` stands for.
    pub(crate) text: String,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Panel {
    pub(crate) id: u64,
    pub(crate) title: String,
    /// Grafana's name for what draws it: `timeseries`, `stat`.
    pub(crate) kind: String,
    /// What is shown where there is no data, if that is a text of its own.
    pub(crate) no_value: Option<String>,
    pub(crate) targets: Vec<Target>,
}

#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Target {
    #[serde(rename = "refId")]
    pub(crate) ref_id: String,
    pub(crate) expr: String,
    #[serde(default)]
    pub(crate) exemplar: bool,
}

/// Values of variables by their names, those of Grafana's own among them: `__rate_interval`. A name with a format,
/// `route:text`, has the value of that.
pub(crate) type Values = BTreeMap<String, String>;

impl File {
    /// What stands for its variables when it is opened, and `interval` for those of Grafana's own that are times.
    pub(crate) fn values(&self, interval: &str) -> Values {
        let times = ["__rate_interval", "__interval", "__range"].map(|name| (name.to_owned(), interval.to_owned()));
        let own = self.variables.iter().flat_map(|variable| {
            let Variable { name, value, text, .. } = variable;
            [(name.clone(), value.clone()), (format!("{name}:text"), text.clone())]
        });
        times.into_iter().chain(own).collect()
    }
}

/// Every file of the folder, by name. `root` is the workspace's.
pub(crate) fn read(root: &Path) -> Result<Vec<File>> {
    texts(root)?.iter().map(|(name, text)| parse(name, text).with_context(|| format!("{name}.json"))).collect()
}

/// The texts of the files by their names without extension.
pub(crate) fn texts(root: &Path) -> Result<BTreeMap<String, String>> {
    let folder = root.join(FOLDER);
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            texts.insert(name.into_owned(), text);
        }
    }
    Ok(texts)
}

pub(super) fn parse(name: &str, text: &str) -> Result<File> {
    let json: Json = serde_json::from_str(text)?;
    let mut panels = Vec::new();
    json.panels.into_iter().try_for_each(|panel| panel.unfold(&mut panels))?;
    let variables = json.templating.list.into_iter().map(JsonVariable::read).collect::<Result<_>>()?;
    Ok(File { name: name.to_owned(), title: json.title, uid: json.uid, variables, panels })
}

/// The query with values in place of variables, as a program takes it that knows nothing of Grafana. A variable without
/// a value is an error.
pub(crate) fn plain(expr: &str, values: &Values) -> Result<String> {
    let mut plain = String::new();
    let mut rest = expr;
    while let Some((before, after)) = rest.split_once('$') {
        plain.push_str(before);
        let (name, after) = variable(after).with_context(|| format!("`${after}` has no end"))?;
        // A name may be followed by how the value is written, and the caller may have a value for that.
        match values.get(name).or_else(|| values.get(without_format(name))) {
            Some(value) => plain.push_str(value),
            None if is_end_of_pattern(name, after) => plain.push('$'),
            None => bail!("nothing is known of the variable `${name}`"),
        }
        rest = after;
    }
    plain.push_str(rest);
    Ok(plain)
}

/// The names of all variables in a text.
pub(super) fn variables(text: &str) -> impl Iterator<Item = &str> {
    let names = text.split('$').skip(1).filter_map(variable).map(|(name, _)| without_format(name));
    names.filter(|name| !name.is_empty())
}

/// What a dollar is followed by: a name, with its format if it has braces, and the rest.
fn variable(after: &str) -> Option<(&str, &str)> {
    match after.strip_prefix('{') {
        Some(braced) => braced.split_once('}'),
        None => Some(after.split_at(after.find(|c| !is_of_name(c)).unwrap_or(after.len()))),
    }
}

fn without_format(name: &str) -> &str {
    name.split(':').next().unwrap_or_default()
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A dollar that ends a regular expression, or one of its alternatives.
fn is_end_of_pattern(name: &str, after: &str) -> bool {
    name.is_empty() && after.starts_with(['"', '|', ')'])
}

#[derive(Deserialize)]
struct Json {
    title: String,
    uid: String,
    #[serde(default)]
    templating: Templating,
    panels: Vec<JsonPanel>,
}

#[derive(Default, Deserialize)]
struct Templating {
    list: Vec<JsonVariable>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonVariable {
    name: String,
    query: Value,
    current: Option<Current>,
    all_value: Option<String>,
}

#[derive(Default, Deserialize)]
struct Current {
    #[serde(default)]
    text: Value,
    value: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonPanel {
    id: u64,
    title: String,
    r#type: String,
    #[serde(default)]
    field_config: FieldConfig,
    #[serde(default)]
    targets: Vec<Target>,
    /// Of a row that is collapsed.
    #[serde(default)]
    panels: Vec<JsonPanel>,
}

#[derive(Default, Deserialize)]
struct FieldConfig {
    defaults: Defaults,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Defaults {
    no_value: Option<String>,
}

impl JsonPanel {
    fn unfold(self, panels: &mut Vec<Panel>) -> Result<()> {
        if self.r#type == "row" {
            return self.panels.into_iter().try_for_each(|panel| panel.unfold(panels));
        }
        if !self.panels.is_empty() {
            bail!("panel `{}` holds panels and is no row", self.title);
        }
        let no_value = self.field_config.defaults.no_value;
        panels.push(Panel { id: self.id, title: self.title, kind: self.r#type, no_value, targets: self.targets });
        Ok(())
    }
}

impl JsonVariable {
    fn read(self) -> Result<Variable> {
        let name = self.name;
        let query = match &self.query {
            Value::Object(query) => query.get("query").unwrap_or(&Value::Null),
            other => other,
        };
        let query = query.as_str().with_context(|| format!("variable `{name}` has no query"))?.to_owned();
        let current = self.current.unwrap_or_default();
        let value = match first(&current.value) {
            ALL => self.all_value.unwrap_or_else(|| ".*".to_owned()),
            value => value.to_owned(),
        };
        Ok(Variable { name, query, value, text: first(&current.text).to_owned() })
    }
}

/// Of a list, or the only one.
fn first(of: &Value) -> &str {
    of.as_array().and_then(|values| values.first()).unwrap_or(of).as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values() -> Values {
        let pairs = [("__rate_interval", "1m"), ("job", ".*"), ("job_2", "b")];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn variables_are_replaced_in_each_way_to_write_them() {
        let expr = r#"rate(a{job=~"$job", b=~"${job:regex}|x$", c="$job_2${job}"}[$__rate_interval])"#;
        let expected = r#"rate(a{job=~".*", b=~".*|x$", c="b.*"}[1m])"#;
        assert_eq!(plain(expr, &values()).unwrap(), expected);
        assert_eq!(plain("up", &values()).unwrap(), "up");
        assert_eq!(variables(expr).collect::<Vec<_>>(), ["job", "job", "job_2", "job", "__rate_interval"]);
    }

    #[test]
    fn a_variable_that_is_not_known_is_an_error() {
        for expr in [r#"a{job="$jobs"}"#, "rate(a[$__interval])", "a{b=\"${other}\"}", "a{b=\"${job\"}", "a $ b", "a$"]
        {
            assert!(plain(expr, &values()).is_err(), "{expr} gave {:?}", plain(expr, &values()));
        }
    }

    fn dashboard() -> Value {
        let panel = json!({"id": 2, "title": "A", "type": "stat", "targets": [{"refId": "A", "expr": "up"}]});
        let hidden = json!({
            "id": 3, "title": "B", "type": "timeseries", "fieldConfig": {"defaults": {"noValue": "None"}},
            "targets": [{"refId": "A", "expr": "up"}, {"refId": "B", "expr": "down", "exemplar": true}]
        });
        json!({
            "title": "T", "uid": "u",
            "templating": {"list": [
                {"name": "datasource", "query": "prometheus"},
                {"name": "job", "query": {"query": "label_values(up, job)"}, "allValue": ".+",
                 "current": {"value": ["$__all"]}},
                {"name": "target", "query": "a : 1, 2 : b", "current": {"value": "b", "text": "2"}},
            ]},
            "panels": [panel, {"id": 4, "title": "R", "type": "row", "panels": [hidden]}]
        })
    }

    #[test]
    fn a_file_is_read_with_the_panels_of_its_rows() {
        let file = parse("name", &dashboard().to_string()).unwrap();
        let variable = |name: &str, query: &str, value: &str, text: &str| Variable {
            name: name.to_owned(),
            query: query.to_owned(),
            value: value.to_owned(),
            text: text.to_owned(),
        };
        let target =
            |ref_id: &str, expr: &str, exemplar| Target { ref_id: ref_id.to_owned(), expr: expr.to_owned(), exemplar };
        let panel = |id, title: &str, kind: &str, no_value: Option<&str>, targets| Panel {
            id,
            title: title.to_owned(),
            kind: kind.to_owned(),
            no_value: no_value.map(str::to_owned),
            targets,
        };
        let expected = File {
            name: "name".to_owned(),
            title: "T".to_owned(),
            uid: "u".to_owned(),
            variables: vec![
                variable("datasource", "prometheus", "", ""),
                variable("job", "label_values(up, job)", ".+", ""),
                variable("target", "a : 1, 2 : b", "b", "2"),
            ],
            panels: vec![
                panel(2, "A", "stat", None, vec![target("A", "up", false)]),
                panel(3, "B", "timeseries", Some("None"), vec![target("A", "up", false), target("B", "down", true)]),
            ],
        };
        assert_eq!(file, expected);
        let values = file.values("1m");
        assert_eq!(
            plain("rate(a{b=~\"$job|$target\"}[$__range]) > ${target:text}", &values).unwrap(),
            "rate(a{b=~\".+|b\"}[1m]) > 2"
        );
    }

    #[test]
    fn what_grafana_could_not_show_is_an_error() {
        let breaks: [(&str, Value); 5] = [
            ("/title", Value::Null),
            ("/panels/0/id", json!("2")),
            ("/panels/0/targets/0/expr", json!(7)),
            ("/panels/1/type", json!("stat")),
            ("/templating/list/1/query", json!({})),
        ];
        for (place, wrong) in breaks {
            let mut broken = dashboard();
            *broken.pointer_mut(place).unwrap() = wrong;
            assert!(parse("name", &broken.to_string()).is_err(), "{place}");
        }
    }
}
