//! Our layer for connections, for a profiler: see [`telemetry_benches::connection::program`].

fn main() -> anyhow::Result<()> {
    telemetry_benches::connection::program(telemetry_benches::connection::SYSTEMS)
}
