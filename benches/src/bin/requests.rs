//! Our layer, for a profiler: see [`telemetry_benches::request::program`].

fn main() -> anyhow::Result<()> {
    telemetry_benches::request::program(telemetry_benches::request::SYSTEMS)
}
