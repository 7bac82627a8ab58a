//! Where to look.

use crate::stage::scene::Scene;

/// A line for each address.
pub(super) fn table(scene: &Scene) -> String {
    let Scene { playgrounds: [classic, native], proxy, tls, prometheus, alertmanager, .. } = scene;
    let (prometheus, alertmanager) = (prometheus.api, alertmanager.api);
    let rows = [
        ("Prometheus", format!("http://{prometheus}/")),
        ("  its alerts", format!("http://{prometheus}/alerts")),
        ("Alertmanager", format!("http://{alertmanager}/")),
        ("playground", format!("http://{}/", classic.server)),
        ("  its metrics", format!("http://{}/metrics", classic.metrics)),
        ("  with native histograms", format!("http://{}/metrics", native.metrics)),
        ("tcp_proxy's metrics", format!("http://{}/metrics", proxy.metrics)),
        ("tls_server's metrics", format!("http://{}/metrics", tls.metrics)),
    ];
    rows.iter().map(|(name, address)| format!("{name:<26}{address}\n")).chain([END.to_owned()]).collect()
}

const END: &str = "Clients use all of this now. Ctrl-C ends it.\n";
