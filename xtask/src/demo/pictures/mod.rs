//! Pictures.

use std::path::Path;

use anyhow::Result;

use crate::stage::scene::Scene;

pub(super) const CHROMIUM: &str = "chromium";

pub(super) async fn take(scene: &Scene, root: &Path, folder: &Path) -> Result<()> {
    let _ = (scene, root, folder);
    Ok(())
}
