//! Our spans, for a profiler: see [`telemetry_benches::spans::program`].

fn main() -> anyhow::Result<()> {
    telemetry_benches::spans::program(telemetry_benches::spans::SYSTEMS)
}
