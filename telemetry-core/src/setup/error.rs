use std::error::Error as StdError;
use std::fmt;
use std::io;

use opentelemetry_sdk::error::OTelSdkError;

use crate::settings::Wrong;

/// Why a setup or a shutdown failed.
#[derive(Debug)]
pub struct Error(pub(super) Kind);

#[derive(Debug)]
pub(super) enum Kind {
    EmptyServiceName,
    Setting(Wrong),
    #[cfg_attr(not(feature = "otlp"), allow(dead_code))]
    Thread(io::Error),
    /// Something was lost, and the log and the metrics have told of it.
    #[cfg_attr(not(feature = "otlp"), allow(dead_code))]
    Lost,
    Panicked,
    Flush(OTelSdkError),
    Shutdown(OTelSdkError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::EmptyServiceName => {
                f.write_str("the service name is empty: give `with_service_name` a name, or leave the call out")
            }
            Kind::Setting(Wrong { name, problem }) => {
                write!(f, "what was set in code for {name} cannot be used: {problem}")
            }
            Kind::Thread(_) => f.write_str("the thread that exports cannot be started"),
            Kind::Lost => f.write_str("the last metrics could not be exported"),
            Kind::Panicked => f.write_str("a callback or an exporter panicked while the telemetry ended"),
            Kind::Flush(_) => f.write_str("a provider did not flush cleanly"),
            Kind::Shutdown(_) => f.write_str("a provider did not shut down cleanly"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Kind::EmptyServiceName | Kind::Setting(_) | Kind::Lost | Kind::Panicked => None,
            Kind::Thread(error) => Some(error),
            Kind::Flush(error) | Kind::Shutdown(error) => Some(error),
        }
    }
}
