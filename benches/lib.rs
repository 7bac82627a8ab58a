//! Benchmarks of the workspace: `cargo xtask bench`. The README beside this file lists their ids.
