//! The committed dashboards, held against the types that Grafana publishes of them.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::Shell;

use super::environment;
use crate::command::Command;
use crate::dashboards::file;

const PACKAGE: &str = include_str!("package.json");
const LOCK: &str = include_str!("package-lock.json");
/// The types, and mistakes that they have to find.
const GIVEN: [(&str, &str); 2] = [("shapes.ts", include_str!("shapes.ts")), ("refused.ts", include_str!("refused.ts"))];

/// The schema's own declarations are not what is in question.
const STRICT: &str = "--strict --noEmit --skipLibCheck --pretty false";
const LANGUAGE: &str = "--target es2022 --module esnext --moduleResolution bundler";

/// `environment` is where the compiler and the schema are installed; `root` is the workspace's.
pub(super) fn as_the_schema_has_them(sh: &Shell, root: &Path, environment: &Path) -> Result<()> {
    environment::node(sh, environment, PACKAGE, LOCK)?;
    let folder = environment.join("judged");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;

    let mut programs: Vec<_> = GIVEN.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    for (name, text) in file::texts(root)? {
        let dashboard = serde_json::from_str(&text).with_context(|| format!("{name}.json"))?;
        programs.push((format!("{name}.ts"), written(&dashboard)));
    }
    let compiler = Command::program(shown(&environment.join("node_modules/.bin/tsc")));
    let mut compiler = compiler.args(STRICT).args(LANGUAGE);
    for (name, text) in programs {
        let path = folder.join(name);
        environment::write(&path, &text)?;
        compiler = compiler.arg(shown(&path));
    }
    compiler.run_captured(sh)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A program that only says of which types the dashboard and its parts are. As a part of the whole, a panel may be any
/// of two things, and the compiler says little of what is wrong.
fn written(dashboard: &Value) -> String {
    let types = "OfCustom, OfDashboard, OfOptions, OfPanel, OfQueries, OfRow";
    let mut program = format!("import type {{ {types} }} from \"./shapes\";\n");
    say(&mut program, "dashboard", "OfDashboard", dashboard);
    panels(&mut program, dashboard);
    program
}

fn panels(program: &mut String, of: &Value) {
    for panel in of["panels"].as_array().into_iter().flatten() {
        let (id, kind) = (&panel["id"], &panel["type"]);
        let name = |part: &str| format!("{part}{id}").replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        if kind == "row" {
            say(program, &name("row"), "OfRow", panel);
            panels(program, panel);
            continue;
        }
        say(program, &name("panel"), "OfPanel", panel);
        say(program, &name("queries"), "OfQueries", &panel["targets"]);
        say(program, &name("options"), &format!("OfOptions[{kind}]"), &panel["options"]);
        let custom = &panel["fieldConfig"]["defaults"]["custom"];
        if !custom.is_null() {
            say(program, &name("custom"), &format!("OfCustom[{kind}]"), custom);
        }
    }
}

fn say(program: &mut String, name: &str, kind: &str, value: &Value) {
    program.push_str(&format!("export const {name}: {kind} = {value:#};\n"));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_panel_is_judged_by_itself_and_by_its_kind() {
        let panel = |id| json!({"id": id, "type": "stat", "targets": ["q"], "options": "o"});
        let lines = json!({"id": 4, "type": "timeseries", "fieldConfig": {"defaults": {"custom": "c"}}});
        let row = json!({"id": 2, "type": "row", "panels": [panel("3; x")]});
        let program = written(&json!({"panels": [panel("1"), row, lines]}));
        let said: Vec<_> = program.lines().filter(|line| line.starts_with("export")).collect();
        let expected = [
            "dashboard: OfDashboard = {",
            "panel_1_: OfPanel = {",
            "queries_1_: OfQueries = [",
            "options_1_: OfOptions[\"stat\"] = \"o\";",
            "row2: OfRow = {",
            "panel_3__x_: OfPanel = {",
            "queries_3__x_: OfQueries = [",
            "options_3__x_: OfOptions[\"stat\"] = \"o\";",
            "panel4: OfPanel = {",
            "queries4: OfQueries = null;",
            "options4: OfOptions[\"timeseries\"] = null;",
            "custom4: OfCustom[\"timeseries\"] = \"c\";",
        ];
        assert_eq!(said, expected.map(|line| format!("export const {line}")));
    }
}
