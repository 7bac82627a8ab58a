//! The variables of a dashboard that offer values of a label: there has to be one to choose.

use anyhow::{Context, Result};

use super::LOOK_BACK;
use crate::dashboards::file::{self, File};
use crate::stage::scene::Scene;

pub(super) async fn faults(scene: &Scene, dashboard: &File) -> Result<Vec<String>> {
    let values = dashboard.values(LOOK_BACK);
    let mut faults = Vec::new();
    for variable in &dashboard.variables {
        let Some(inside) = variable.query.strip_prefix("label_values(") else { continue };
        let place = || format!("{}, variable `{}`", dashboard.name, variable.name);
        let (selector, label) = split(inside).with_context(place)?;
        let selector = file::plain(selector, &values)?;
        let matches = [("match[]", &*selector)];
        let matches = if selector.is_empty() { &[] } else { &matches[..] };
        match scene.prometheus.ask(&format!("label/{label}/values"), matches).await {
            Ok(answer) if answer.as_array().is_some_and(|values| !values.is_empty()) => {}
            Ok(_) => faults.push(format!("{} has no value: `{}`", place(), variable.query)),
            Err(error) => faults.push(format!("{}: {error:#}", place())),
        }
    }
    Ok(faults)
}

/// What is in the parentheses: perhaps a selector, and a label.
fn split(inside: &str) -> Result<(&str, &str)> {
    let inside = inside.trim_end().strip_suffix(')').context("its query has no end")?;
    // Selectors have commas of their own, labels have none.
    let (selector, label) = inside.rsplit_once(',').unwrap_or(("", inside));
    Ok((selector.trim(), label.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selector_and_label_are_told_apart() {
        assert_eq!(split("job)").unwrap(), ("", "job"));
        assert_eq!(split("up{a=\"b\", c=\"d\"}, job)").unwrap(), ("up{a=\"b\", c=\"d\"}", "job"));
        assert!(split("up, job").is_err());
    }
}
