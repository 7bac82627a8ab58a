//! `cargo xtask ci`: everything, the steps that fail soonest first.

use anyhow::Result;

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{bench, integration, lint, test};

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, full: bool) -> Result<()> {
    // Many builds, each used once: debug information and incremental state cost more than they give.
    steps.set_default_env("CARGO_INCREMENTAL", "0");
    steps.set_default_env("CARGO_PROFILE_DEV_DEBUG", "0");

    let mut plan = lint::steps(workspace)?;
    plan.extend(test::steps(workspace));
    if full {
        plan.extend(lint::long(workspace));
        plan.extend(test::long(workspace));
    }
    plan.extend(bench::steps(workspace));
    plan.extend(integration::steps(workspace)?);
    let result = steps.run(plan);
    print!("\n{}", steps.table());
    result
}
