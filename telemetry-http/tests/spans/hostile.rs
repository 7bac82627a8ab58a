//! Whatever a client writes has a defined, bounded answer.

use http::header::HeaderValue;
use http::{HeaderName, Request, Uri};

use crate::attributes::peer;
use crate::{both, hello, send};

/// Longer text is cut.
const LONGEST: usize = 8192;

#[test]
fn sp_39_a_user_agent_of_100_kilobytes_is_cut() {
    both(|spans| {
        for (agent, length) in [("x".repeat(100_000), LONGEST), ("\u{e9}".repeat(50_000), LONGEST)] {
            let agent = HeaderValue::from_bytes(agent.as_bytes()).unwrap();
            send(&spans.server(), Request::get("/").header("user-agent", agent.clone()), hello);
            let server = spans.only();
            send(&spans.client().with_user_agent(), Request::get("http://a/").header("user-agent", agent), hello);
            for span in [server, spans.only()] {
                assert_eq!(span.attribute("user_agent.original").unwrap().as_str().len(), length);
            }
        }
        let odd = HeaderValue::from_bytes(&[b'\xff'; 100_000]).unwrap();
        send(&spans.server(), Request::get("/").header("user-agent", odd), hello);
        let span = spans.only();
        let shown = span.attribute("user_agent.original").unwrap().as_str();
        assert!(shown.len() <= LONGEST && shown.chars().all(|c| c == '\u{fffd}'));
    });
}

#[test]
fn sp_22_sp_23_sp_24_sp_52_a_target_of_60_kilobytes_is_cut_and_no_secret_with_it() {
    both(|spans| {
        let path: Uri = format!("http://shop.example/{}", "x".repeat(60_000)).parse().unwrap();
        send(&spans.server(), Request::get(path.clone()), hello);
        assert_eq!(spans.only().attribute("url.path").unwrap().as_str().len(), LONGEST);
        send(&spans.client(), Request::get(path), hello);
        assert_eq!(spans.only().attribute("url.full").unwrap().as_str().len(), LONGEST);
        for padding in [60_000, LONGEST - 4, LONGEST - 8] {
            let query: Uri = format!("http://shop.example/?{}&sig=s3cret", "x".repeat(padding)).parse().unwrap();
            send(&spans.server(), Request::get(query.clone()), hello);
            let server = spans.only();
            assert!(server.attribute("url.query").unwrap().as_str().len() <= LONGEST);
            send(&spans.client(), Request::get(query), hello);
            for span in [server, spans.only()] {
                assert!(!format!("{span:?}").contains("s3"));
            }
        }
        let pairs: Uri = format!("/?{}", "sig=a&".repeat(10_000)).parse().unwrap();
        send(&spans.server(), Request::get(pairs), hello);
        let span = spans.only();
        let shown = span.attribute("url.query").unwrap().as_str();
        assert!(shown.len() == LONGEST && shown.starts_with("sig=REDACTED&sig=REDACTED&"));
    });
}

#[test]
fn sp_21_a_long_method_is_cut_and_no_part_of_the_name() {
    both(|spans| {
        let method = "X".repeat(60_000);
        send(&spans.server(), Request::builder().method(&*method).uri("/"), hello);
        let span = spans.only();
        assert_eq!(span.name, "HTTP");
        assert_eq!(span.attribute("http.request.method_original").unwrap().as_str().len(), LONGEST);
    });
}

#[test]
fn sp_27_odd_hosts_are_absent_and_never_a_panic() {
    both(|spans| {
        let layer = spans.server().with_forwarded_headers();
        let odd: &[&[u8]] = &[
            b"",
            b" ",
            b":",
            b":80",
            b"[",
            b"]",
            b"[]:80",
            b"a:99999",
            b"a b",
            b"caf\xe9.example",
            b"\xff\xfe",
            b"a,b",
            b"%00",
            b"user@",
            b"http://a",
            b"a\tb",
        ];
        for host in odd {
            let value = HeaderValue::from_bytes(host).unwrap();
            let name = String::from_utf8_lossy(host);
            send(&layer, Request::get("/").header("host", value.clone()), hello);
            assert_eq!(spans.only().attribute("server.address"), None, "{name}");
            send(&spans.client(), Request::get("/").header("host", value.clone()), hello);
            assert_eq!(spans.only().attribute("server.address"), None, "{name}");
            for header in ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"] {
                send(&layer, Request::get("/").header(header, value.clone()).extension(peer()), hello);
                assert!(spans.only().attribute("url.scheme").is_some(), "{name}");
            }
        }
        let long = HeaderValue::from_str(&"a".repeat(100_000)).unwrap();
        send(&layer, Request::get("/").header("host", long), hello);
        assert_eq!(spans.only().attribute("server.address"), None);
    });
}

#[test]
fn cp_05_any_header_of_a_caller_leaves_a_root() {
    both(|spans| {
        for odd in ["", "00", "garbage", "00-0-0-0", "00-11111111111111111111111111111111-0000000000000000-01"] {
            let request = Request::get("/").header("traceparent", odd).header("tracestate", odd).header("baggage", odd);
            send(&spans.server(), request, hello);
            assert!(spans.only().is_root(), "{odd}");
        }
        let bytes = HeaderValue::from_bytes(b"\xff\xfe").unwrap();
        let long = HeaderValue::from_str(&"x".repeat(100_000)).unwrap();
        for odd in [bytes, long] {
            let request = Request::get("/").header("traceparent", odd.clone()).header("baggage", odd);
            send(&spans.server(), request, hello);
            assert!(spans.only().is_root());
        }
    });
}

#[test]
fn any_number_of_headers_changes_nothing() {
    both(|spans| {
        let many = (0..5000).fold(Request::get("/"), |request, number| {
            request.header(HeaderName::try_from(format!("x-{number}")).unwrap(), number)
        });
        send(&spans.server(), many.header("host", "shop.example").header("user-agent", "curl/8"), hello);
        let span = spans.only();
        assert_eq!(span.attribute("server.address"), Some(&"shop.example".into()));
        assert_eq!(span.attribute("user_agent.original"), Some(&"curl/8".into()));
    });
}
