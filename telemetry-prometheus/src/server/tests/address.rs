use std::io::ErrorKind;

use super::super::MetricsAddress;

fn from_variables(host: Option<&str>, port: Option<&str>) -> MetricsAddress {
    MetricsAddress::from_lookup(|variable| match variable {
        "OTEL_EXPORTER_PROMETHEUS_HOST" => host.map(Into::into),
        "OTEL_EXPORTER_PROMETHEUS_PORT" => port.map(Into::into),
        _ => panic!("{variable} is not asked for"),
    })
}

fn read(host: Option<&str>, port: Option<&str>) -> String {
    from_variables(host, port).to_string()
}

#[test]
fn px159_the_environment_names_host_and_port() {
    assert_eq!(read(None, None), "localhost:9464");
    assert_eq!(read(Some("metrics.example"), Some("80")), "metrics.example:80");
    assert_eq!(read(Some("0.0.0.0"), None), "0.0.0.0:9464");
    assert_eq!(read(Some("::"), Some("0")), "[::]:0");
    assert_eq!(read(Some("[::1]"), Some("65535")), "[::1]:65535");
}

#[test]
fn co01_px159_an_empty_variable_is_not_set() {
    assert_eq!(read(Some(""), Some("")), "localhost:9464");
}

#[test]
fn co03_px159_a_port_that_makes_no_sense_is_not_set() {
    for port in ["http", "-1", "65536", "99999999999999999999", "9464.0", " ", "9464 ", "0x50"] {
        assert_eq!(read(Some("::1"), Some(port)), "[::1]:9464", "{port:?}");
    }
}

#[cfg(unix)]
#[test]
fn co03_px159_bytes_that_are_no_text_are_not_set() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let address = MetricsAddress::from_lookup(|_| Some(OsString::from_vec(vec![0x80])));
    assert_eq!(address.to_string(), "localhost:9464");
}

#[test]
fn co01_px159_code_wins() {
    let environment = || from_variables(Some("metrics.example"), Some("80"));
    assert_eq!(environment().with_port(9100).to_string(), "metrics.example:9100");
    assert_eq!(environment().with_host("::1").to_string(), "[::1]:80");
}

#[test]
fn text_may_leave_the_port_out() {
    let cases = [
        ("localhost", "localhost:9464"),
        ("127.0.0.1", "127.0.0.1:9464"),
        ("::1", "[::1]:9464"),
        ("[::1]", "[::1]:9464"),
        ("localhost:1", "localhost:1"),
        ("[fe80::1%2]:1", "[fe80::1%2]:1"),
        ("metrics.example:1", "metrics.example:1"),
    ];
    for (text, address) in cases {
        assert_eq!(MetricsAddress::from(text).to_string(), address);
    }
}

async fn resolved(address: MetricsAddress) -> Vec<String> {
    address.resolve().await.unwrap().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn px158_localhost_is_both_loopback_addresses() {
    assert_eq!(resolved(MetricsAddress::default()).await, ["127.0.0.1:9464", "[::1]:9464"]);
    assert_eq!(resolved("LocalHost:1".into()).await, ["127.0.0.1:1", "[::1]:1"]);
    assert_eq!(resolved("[fe80::1%2]:1".into()).await, ["[fe80::1%2]:1"]);
}

#[tokio::test]
async fn an_error_names_the_address_or_the_variable() {
    for text in [":9464", "", "localhost:65536", "localhost:http", "a:b:1"] {
        let error = MetricsAddress::from(text).resolve().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
        let name = text.strip_suffix(":9464").or(text.strip_suffix(":1")).unwrap_or(text);
        assert!(error.to_string().contains(&format!("{name:?}")), "{text}: {error}");
    }

    let error = from_variables(Some("localhost:9464"), None).resolve().await.unwrap_err();
    assert!(error.to_string().contains("\"localhost:9464\" of OTEL_EXPORTER_PROMETHEUS_HOST"), "{error}");

    // A name that is refused before anybody on the network is asked.
    let error = from_variables(Some("no\0host"), None).resolve().await.unwrap_err().to_string();
    let expected = "cannot resolve the host \"no\\0host\" of OTEL_EXPORTER_PROMETHEUS_HOST: ";
    assert!(error.starts_with(expected), "{error}");
    let error = MetricsAddress::from("no\0host").resolve().await.unwrap_err().to_string();
    assert!(error.starts_with("cannot resolve the host \"no\\0host\": "), "{error}");
}
