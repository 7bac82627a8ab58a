//! Where to look.

use crate::stage::scene::Scene;

/// A line for each address.
pub(super) async fn table(scene: &Scene) -> String {
    let Scene { playgrounds: [classic, native], proxies: [proxy, _], tls, prometheus, alertmanager, .. } = scene;
    let (graphs, alerts) = (prometheus.page("graph").await, prometheus.page("alerts").await);
    let rows = [
        ("Prometheus", graphs),
        ("  its alerts", alerts),
        ("Alertmanager", format!("http://{}/", alertmanager.api)),
        ("playground", format!("http://{}/", classic.server)),
        ("  its metrics", format!("http://{}/metrics", classic.metrics)),
        ("  with native histograms", format!("http://{}/metrics", native.metrics)),
        ("tcp_proxy's metrics", format!("http://{}/metrics", proxy.metrics)),
        ("tls_server's metrics", format!("http://{}/metrics", tls.metrics)),
    ];
    rows.iter().map(|(name, address)| format!("{name:<26}{address}\n")).chain([END.to_owned()]).collect()
}

const END: &str = "Clients use all of this now. Ctrl-C ends it.\n";
