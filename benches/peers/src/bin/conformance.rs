//! The tables of conformance: see [`telemetry_peers::conformance::program`].

fn main() -> anyhow::Result<std::process::ExitCode> {
    telemetry_peers::conformance::program()
}
