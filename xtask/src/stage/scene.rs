//! Everything at once: our programs, a sink that they export to, and a Prometheus with an Alertmanager that watch them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;
use tokio::time::sleep;
use xshell::Shell;

use super::alertmanager::{self, Alertmanager};
use super::configurations;
use super::example::{Example, Launch};
use super::load::{self, Targets};
use super::prometheus::{Prometheus, Settings};
use super::sink::Sink;
use super::{Place, free_address};
use crate::programs::{self, Source};

const FLAGS: [&str; 3] = [
    "--enable-feature=exemplar-storage,native-histograms",
    // Where Debian has them; others have them inside.
    "--web.console.libraries=/etc/prometheus/console_libraries",
    "--web.console.templates=/etc/prometheus/consoles",
];

/// The programs that it is made of, and that its clients are.
pub(crate) fn require(sh: &Shell) -> Result<()> {
    programs::require(sh, "prometheus", Source::Apt("prometheus"))?;
    programs::require(sh, alertmanager::PROGRAM, Source::Apt("prometheus-alertmanager"))?;
    programs::require(sh, "curl", Source::Apt("curl"))?;
    programs::require(sh, "openssl", Source::Apt("openssl"))
}

/// What the sink has not taken is sent again until then.
const SENT_AGAIN: Duration = Duration::from_secs(2);

/// What to start it with.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) place: Place,
    /// The workspace, with the committed files.
    pub(crate) root: PathBuf,
    pub(crate) prometheus: PathBuf,
    pub(crate) ports: Ports,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ports {
    /// Those that people know, where they are free.
    Usual,
    /// Any that are free.
    Any,
}

/// What runs. All of it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Scene {
    /// With classic histograms, and with native ones.
    pub(crate) playgrounds: [Example; 2],
    /// In front of the first of them, and of nothing.
    pub(crate) proxies: [Example; 2],
    pub(crate) tls: Example,
    pub(crate) prometheus: Prometheus,
    pub(crate) alertmanager: Alertmanager,
    pub(crate) sink: Sink,
    /// What it writes is here.
    pub(crate) folder: PathBuf,
    certificate: String,
}

impl Scene {
    pub(crate) async fn start(setting: &Setting) -> Result<Self> {
        let Setting { place, root, prometheus, ports } = setting;
        let folder = &place.folder;
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let sink = Sink::start().await?;
        let exports = exports(&sink);
        let launch = async |name, instance, args, usual: u16| {
            let ports = [usual, usual + 1000].map(|port| ports.port(port));
            Example::launch(place, Launch { instance, args, environment: &exports, ports, ..Launch::new(name) }).await
        };

        let classic = launch("playground", "playground", &[][..], 62012).await?;
        let native = launch("playground", "playground-native", &["--native-histograms"], 62013).await?;
        let (upstream, most) = (classic.server.to_string(), load::MOST_PROXIED.to_string());
        let args = ["--upstream", &upstream, "--idle-after", "2", "--max-connections", &most, "--max-seconds", "8"];
        let proxy = launch("tcp_proxy", "tcp_proxy", &args, 62014).await?;
        let nobody = free_address()?.to_string();
        let args = ["--upstream", &nobody];
        let astray = launch("tcp_proxy", "tcp_proxy-astray", &args, 62016).await?;
        let certificate = folder.join("certificate.pem");
        let certificate = certificate.to_str().context("a folder with an odd name")?.to_owned();
        let args = ["--certificate", &certificate];
        let tls = launch("tls_server", "tls_server", &args, 62015).await?;

        let alerts = ports.address(9093)?;
        let alertmanager = Alertmanager::start(&configurations::alertmanager(root, &sink)?, alerts, folder).await?;
        let jobs = [
            ("playground", vec![classic.metrics, native.metrics]),
            ("tcp_proxy", vec![proxy.metrics, astray.metrics]),
            ("tls_server", vec![tls.metrics]),
        ];
        configurations::copy_rules(root, folder)?;
        let settings = Settings {
            configuration: configurations::prometheus(&jobs, alertmanager.api),
            targets: jobs.iter().map(|(_, targets)| targets.len()).sum(),
            api: ports.address(9090)?,
        };
        let prometheus = Prometheus::start_with(prometheus, "prometheus", &FLAGS, settings, folder).await?;
        let (playgrounds, proxies) = ([classic, native], [proxy, astray]);
        Ok(Self { playgrounds, proxies, tls, prometheus, alertmanager, sink, folder: folder.clone(), certificate })
    }

    /// Where the load goes.
    pub(crate) fn targets(&self) -> Targets {
        Targets {
            playgrounds: self.playgrounds.each_ref().map(|playground| playground.server),
            proxies: self.proxies.each_ref().map(|proxy| proxy.server),
            tls: self.tls.server,
            certificate: self.certificate.clone(),
        }
    }

    /// Fails as soon as a program has ended by itself.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        let mut examples = self.playgrounds.iter_mut().chain(&mut self.proxies).chain([&mut self.tls]);
        examples.try_for_each(Example::still_runs)?;
        self.prometheus.still_runs()?;
        self.alertmanager.still_runs()
    }

    /// Ends everything, in an order in which nobody misses another one.
    pub(crate) async fn stop(self) -> Result<()> {
        self.sink.take_all();
        sleep(SENT_AGAIN).await;
        self.prometheus.stop().await?;
        self.alertmanager.stop().await?;
        for example in self.playgrounds.into_iter().chain(self.proxies).chain([self.tls]) {
            example.stop(Signal::TERM).await?;
        }
        Ok(())
    }
}

impl Ports {
    /// For a program that takes 0 for any.
    fn port(self, usual: u16) -> u16 {
        match self {
            Self::Usual if is_free(usual) => usual,
            Self::Usual | Self::Any => 0,
        }
    }

    fn address(self, usual: u16) -> Result<SocketAddr> {
        match self.port(usual) {
            0 => free_address(),
            port => Ok((Ipv4Addr::LOCALHOST, port).into()),
        }
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// All spans, soon, and with little patience for a sink that refuses some.
fn exports(sink: &Sink) -> [(&'static str, String); 6] {
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", sink.address)),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "5000".to_owned()),
        ("OTEL_TRACES_SAMPLER", "always_on".to_owned()),
        ("OTEL_BSP_SCHEDULE_DELAY", "500".to_owned()),
        ("OTEL_BLRP_SCHEDULE_DELAY", "500".to_owned()),
        ("OTEL_METRIC_EXPORT_INTERVAL", "2000".to_owned()),
    ]
}

/// A folder that is removed with all that is in it when this is dropped.
#[derive(Debug)]
pub(crate) struct Temporary(PathBuf);

impl Temporary {
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self(folder.to_owned()))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // There is nobody to tell, and nothing that depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
