//! The committed dashboards are right, and each kind of mistake in them is found.

use serde_json::{Value, json};

use super::*;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn server() -> Value {
    shortened("http-server")
}

/// The first row that is open and the first that is not: to parse all queries for each mistake takes long.
fn shortened(name: &str) -> Value {
    let mut json: Value = serde_json::from_str(&generated()[name]).unwrap();
    let panels = json["panels"].as_array_mut().unwrap();
    let mut rows = 0;
    panels.retain(|panel| {
        rows += u32::from(panel["type"] == "row");
        rows == 1 || panel["title"] == "Native histograms"
    });
    json
}

/// What is found after `change`.
fn found(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut json = server();
    change(&mut json);
    // One more file will do: what two files share is found among these.
    let mut texts = BTreeMap::from([("runtime".to_owned(), shortened("runtime").to_string())]);
    texts.insert("http-server".to_owned(), json.to_string());
    check::faults(&texts)
}

fn is_found(change: impl FnOnce(&mut Value), fault: &str) {
    let found = found(change);
    assert_eq!(found, [format!("http-server.json: {fault}")]);
}

/// The first panel of the first row.
const FIRST: usize = 1;

#[test]
fn the_committed_files_are_those_that_are_generated_and_right() {
    assert_eq!(violations(root()).unwrap(), [""; 0]);
    let names: Vec<String> = file::read(root()).unwrap().into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["connections", "exports", "http-client", "http-server", "runtime"]);
}

#[test]
fn a_file_that_was_changed_by_hand_or_is_missing_is_named() {
    let mut committed = generated();
    let changed = committed["runtime"].replace("Threads", "Fibres");
    committed.insert("runtime".to_owned(), changed);
    committed.remove("exports");
    committed.insert("mine".to_owned(), String::new());
    let found = differences(&committed, &generated());
    let folder = file::FOLDER;
    let expected = [
        format!("{folder}/exports.json is missing: cargo xtask dashboards"),
        format!("{folder}/runtime.json is not what xtask/src/dashboards says: cargo xtask dashboards"),
        format!("{folder}/mine.json is said nowhere in xtask/src/dashboards"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_panel_that_says_too_little_is_found() {
    for (key, fault) in
        [("title", "panel `` (101): it has no title"), ("description", "panel `Requests` (101): it has no description")]
    {
        is_found(|json| json["panels"][FIRST][key] = "".into(), fault);
    }
    is_found(
        |json| json["panels"][FIRST]["fieldConfig"]["defaults"] = json!({}),
        "panel `Requests` (101): it has no unit",
    );
    is_found(|json| json["panels"][FIRST]["targets"] = json!([]), "panel `Requests` (101): it asks for nothing");
    is_found(
        |json| json["panels"][FIRST]["targets"][0]["refId"] = "".into(),
        "panel `Requests` (101): it has no refId",
    );
    is_found(
        |json| json["panels"][FIRST]["datasource"]["uid"] = "prometheus".into(),
        "panel `Requests` (101): its data source is {\"type\":\"prometheus\",\"uid\":\"prometheus\"}, and not \
         ${datasource}",
    );
}

#[test]
fn names_that_two_have_are_found() {
    is_found(|json| json["panels"][FIRST + 1]["id"] = 101.into(), "the id 101 is that of two panels");
    is_found(
        |json| {
            let target = json["panels"][FIRST]["targets"][0].clone();
            json["panels"][FIRST]["targets"].as_array_mut().unwrap().push(target);
        },
        "panel `Requests` (101): the refId \"A\" is that of two queries",
    );
    assert_eq!(
        found(|json| json["uid"] = "telemetry-runtime".into()),
        ["the uid `telemetry-runtime` is that of two files"]
    );
    assert_eq!(
        found(|json| json["title"] = "Process and runtime".into()),
        ["the title `Process and runtime` is that of two files"]
    );
}

/// A panel in a collapsed row is as much a panel as any other.
#[test]
fn a_mistake_in_a_collapsed_row_is_found() {
    let row = server()["panels"].as_array().unwrap().iter().position(|panel| panel["collapsed"] == true).unwrap();
    let id = server()["panels"][row]["panels"][0]["id"].clone();
    is_found(
        |json| json["panels"][row]["panels"][0]["description"] = "".into(),
        &format!("panel `Duration, native` ({id}): it has no description"),
    );
    is_found(|json| json["panels"][row]["panels"][0]["id"] = 101.into(), "the id 101 is that of two panels");
    is_found(
        |json| json["panels"][row]["collapsed"] = false.into(),
        &format!("panel `Native histograms` ({}): a row holds its panels if it is collapsed, and only then", {
            server()["panels"][row]["id"].clone()
        }),
    );
    is_found(
        |json| json["panels"][row]["panels"][1]["gridPos"] = json["panels"][row]["panels"][0]["gridPos"].clone(),
        &format!(
            "panel `Duration p95 by name, native` ({}) lies over panel `Duration, native` ({id})",
            server()["panels"][row]["panels"][1]["id"]
        ),
    );
}

#[test]
fn panels_without_a_place_of_their_own_are_found() {
    is_found(
        |json| json["panels"][FIRST + 1]["gridPos"]["x"] = 5.into(),
        "panel `Failed` (102) lies over panel `Requests` (101)",
    );
    for (key, value) in [("x", json!(23)), ("w", json!(0)), ("h", json!("8")), ("y", Value::Null)] {
        is_found(
            |json| json["panels"][FIRST]["gridPos"][key] = value,
            "panel `Requests` (101) has no place within 24 columns",
        );
    }
}

#[test]
fn a_query_that_prometheus_would_refuse_is_found() {
    let found = found(|json| json["panels"][FIRST]["targets"][0]["expr"] = "sum(rate(up{job=~\"$job\"}[5m])".into());
    let [fault] = found.as_slice() else { panic!("{found:?}") };
    assert!(fault.starts_with("http-server.json: panel `Requests` (101), query A: "), "{fault}");
}

#[test]
fn variables_that_do_not_fit_the_queries_are_found() {
    let unknown = found(|json| json["panels"][FIRST]["targets"][0]["expr"] = "up{job=~\"$jobs\"}".into());
    let expected = [
        "http-server.json: panel `Requests` (101), query A: nothing is known of the variable `$jobs`",
        "http-server.json: there is no variable `jobs`",
    ];
    assert_eq!(unknown, expected);
    is_found(|json| json["panels"][FIRST]["title"] = "of $who".into(), "there is no variable `who`");
    is_found(
        |json| {
            let mut variable = json["templating"]["list"][1].clone();
            variable["name"] = "more".into();
            json["templating"]["list"].as_array_mut().unwrap().push(variable);
        },
        "nothing uses the variable `more`",
    );
    is_found(
        |json| {
            let variable = json["templating"]["list"][1].clone();
            json["templating"]["list"].as_array_mut().unwrap().push(variable);
        },
        "two variables have one name",
    );
    is_found(
        |json| json["templating"]["list"][1]["query"]["query"] = "label_values({__name__=~\"htp_.*\"}, job)".into(),
        "variable `job`: no panel shows `{__name__=~\"htp_.*\"}`",
    );
    is_found(
        |json| json["templating"]["list"][1]["query"]["query"] = "label_values(job)".into(),
        "variable `job`: label_values needs series and a label",
    );
}

#[test]
fn what_is_no_dashboard_is_found() {
    let mut texts = generated();
    texts.insert("http-server".to_owned(), "{".to_owned());
    let found = check::faults(&texts);
    assert!(matches!(found.as_slice(), [fault] if fault.starts_with("http-server.json: EOF")), "{found:?}");
    texts.insert("http-server".to_owned(), "{\"title\": \"A\"}".to_owned());
    let found = check::faults(&texts);
    assert!(matches!(found.as_slice(), [fault] if fault.contains("missing field")), "{found:?}");
}
