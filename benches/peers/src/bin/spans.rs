//! One system, for a profiler: see [`telemetry_benches::spans::program`].

fn main() -> anyhow::Result<()> {
    telemetry_benches::spans::program(telemetry_peers::spans::SYSTEMS)
}
