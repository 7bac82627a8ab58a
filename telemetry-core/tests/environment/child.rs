//! What belongs to the process: the tests run their own binary once more, with an environment of its own.

use std::env;
use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::Value;
use telemetry_core::Telemetry;
use telemetry_core::opentelemetry::global;
use tracing::{Level, debug, error, event, info, info_span, trace, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::row::Case;

/// Settings that the child is to make in code, a line each.
const CODE: &str = "TEST_CODE";

/// Which subscriber the child installs before all else: `plain`, or `layer`, which has `Telemetry::layer` in it. With
/// `past` there was one for a while, and with `log` there is a logger of the `log` crate.
const SUBSCRIBER: &str = "TEST_SUBSCRIBER";

/// What a child has told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) stdout: String,
    pub(crate) log: String,
}

impl Told {
    /// The lines of a log in JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let line = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?} in {self:#?}"));
        self.log.lines().map(line).collect()
    }

    /// What the setup warned of.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let lines = self.lines().into_iter();
        let warnings = lines.filter(|line| line["target"].as_str().unwrap().starts_with("telemetry_core::setup"));
        warnings.map(|line| line["fields"]["message"].as_str().unwrap().to_owned()).collect()
    }

    /// What the child says of itself under that name.
    pub(crate) fn said(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.stdout.split_once(&format!("{name}="))?;
        rest.lines().next()
    }
}

/// A child with the variables of the case and no others of telemetry.
pub(crate) fn command(case: &Case) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "child::the_child", "--ignored", "--nocapture"]);
    let ours = |name: &str| name.starts_with("OTEL_") || name.starts_with("SSL_CERT_") || name.starts_with("TEST_");
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ours(&name) || name == "RUST_LOG" || name == "NO_COLOR" {
            command.env_remove(name);
        }
    }
    let code: Vec<_> = case.code.iter().map(|(name, value)| format!("{name}={value}")).collect();
    command.envs(&case.environment).env(CODE, code.join("\n"));
    command
}

/// What the child tells, or the error of its setup.
pub(crate) fn run(case: &Case) -> Result<Told, String> {
    told(&mut command(case))
}

pub(crate) fn run_with_subscriber(case: &Case, subscriber: &str) -> Told {
    told(command(case).env(SUBSCRIBER, subscriber)).unwrap()
}

fn told(command: &mut Command) -> Result<Told, String> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        stderr.read_to_string(&mut log).map(|_| log)
    });
    let output = child.wait_with_output().unwrap();
    let told = Told { stdout: String::from_utf8(output.stdout).unwrap(), log: log.join().unwrap().unwrap() };
    assert!(output.status.success(), "{told:#?}");
    match told.said("error") {
        Some(error) => Err(error.to_owned()),
        None => Ok(told),
    }
}

#[test]
#[ignore = "the other half of the tests that need a process, run by them"]
fn the_child() {
    let subscriber = env::var(SUBSCRIBER).unwrap_or_default();
    if subscriber == "plain" {
        tracing_subscriber::fmt().json().with_writer(std::io::stderr).init();
    }
    if subscriber == "past" {
        drop(tracing_subscriber::registry().set_default());
    }
    if subscriber == "log" {
        log::set_logger(&Nobody).unwrap();
    }
    let code = env::var(CODE).unwrap_or_default();
    let settings = code.lines().map(|line| line.split_once('=').unwrap());
    let builder = settings.fold(Telemetry::builder(), |builder, (name, value)| builder.with_setting(name, value));
    let builder = if subscriber == "layer" { builder.without_subscriber() } else { builder };
    let telemetry = match builder.build() {
        Ok(telemetry) => telemetry,
        Err(error) => return println!("error={error}"),
    };
    if subscriber == "layer" {
        tracing_subscriber::registry().with(telemetry.layer()).init();
    }
    let fields = global::get_text_map_propagator(|propagator| propagator.fields().collect::<Vec<_>>().join(","));
    println!("fields={fields}");
    info_span!("checkout").in_scope(probe);
    global::meter("shop").u64_counter("visits").build().add(1, &[]);
    global::meter("shop").u64_observable_counter("open").with_callback(|open| open.observe(1, &[])).build();
    println!("shutdown={}", telemetry.shutdown().is_ok());
}

/// Something at each level, of a service, of the SDK and of this crate.
fn probe() {
    error!(target: "shop", "probe");
    warn!(target: "shop", "probe");
    info!(target: "shop", "probe");
    debug!(target: "shop", "probe");
    trace!(target: "shop", "probe");
    event!(target: "opentelemetry_sdk", Level::ERROR, "probe");
    event!(target: "opentelemetry_sdk", Level::WARN, "probe");
    event!(target: "opentelemetry_sdk", Level::INFO, "probe");
    event!(target: "opentelemetry_sdk", Level::DEBUG, "probe");
    event!(target: "telemetry_core::otlp", Level::ERROR, "probe");
    event!(target: "telemetry_core::otlp", Level::INFO, "probe");
    event!(target: "telemetry_core::otlp", Level::DEBUG, "probe");
}

struct Nobody;

impl log::Log for Nobody {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}
