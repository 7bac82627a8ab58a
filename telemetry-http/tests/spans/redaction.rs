//! Secrets in URLs.

use http::Request;
use proptest::prelude::*;
use telemetry_http::{ClientTraceLayer, RequestTraceLayer};

use crate::{Spans, Way, both, hello, send};

fn server(spans: &Spans, layer: &RequestTraceLayer, uri: &str) -> [Option<String>; 2] {
    send(layer, Request::get(uri), hello);
    let span = spans.only();
    assert!(!format!("{span:?}").contains("s3cret"), "{span:?}");
    ["url.path", "url.query"].map(|name| span.attribute(name).map(ToString::to_string))
}

fn client(spans: &Spans, layer: &ClientTraceLayer, uri: &str) -> String {
    send(layer, Request::get(uri), hello);
    let span = spans.only();
    assert!(!format!("{span:?}").contains("s3cret"), "{span:?}");
    span.attribute("url.full").unwrap().to_string()
}

#[test]
fn sp_51_credentials_are_not_shown() {
    both(|spans| {
        let layer = spans.client();
        for (uri, shown) in [
            ("https://user:s3cret@shop.example/", "https://REDACTED:REDACTED@shop.example/"),
            ("http://s3cret@shop.example:81/a?b", "http://REDACTED:REDACTED@shop.example:81/a?b"),
            ("https://:s3cret@[::1]/", "https://REDACTED:REDACTED@[::1]/"),
        ] {
            assert_eq!(client(spans, &layer, uri), shown);
        }
        let header = Request::get("/").header("host", "user:s3cret@shop.example");
        send(&layer, header, hello);
        let span = spans.only();
        assert_eq!(span.attribute("url.full"), Some(&"http://REDACTED:REDACTED@shop.example/".into()));
        assert!(!format!("{span:?}").contains("s3cret"));
        assert_eq!(server(spans, &spans.server(), "https://user:s3cret@shop.example/"), [Some("/".to_owned()), None]);
    });
}

#[test]
fn sp_52_values_of_known_keys_are_not_shown() {
    const KEYS: [&str; 12] = [
        "X-Amz-Signature",
        "X-Amz-Credential",
        "X-Amz-Security-Token",
        "AWSAccessKeyId",
        "Signature",
        "sig",
        "X-Goog-Signature",
        "access_token",
        "client_secret",
        "password",
        "refresh_token",
        "token",
    ];
    both(|spans| {
        let shown = |query: &str| {
            let [_, told] = server(spans, &spans.server(), &format!("/a?{query}"));
            let full = client(spans, &spans.client(), &format!("http://shop.example/a?{query}"));
            assert_eq!(full, format!("http://shop.example/a?{}", told.clone().unwrap()));
            told.unwrap()
        };
        for key in KEYS {
            assert_eq!(shown(&format!("color=blue&{key}=s3cret")), format!("color=blue&{key}=REDACTED"));
        }
        assert_eq!(shown("sig=s3cret&b=%20&&sig=s3cret=s3cret&a"), "sig=REDACTED&b=%20&&sig=REDACTED&a");
        assert_eq!(shown("Sig=abc&sig&signature=x"), "Sig=abc&sig&signature=x");
    });
}

#[test]
fn sp_53_the_callers_keys_replace_the_known_ones() {
    both(|spans| {
        let (keys, none): ([&str; 1], [&str; 0]) = (["token"], []);
        let token = [Some("/".to_owned()), Some("token=REDACTED&sig=a".to_owned())];
        assert_eq!(server(spans, &spans.server().with_redacted_query_keys(keys), "/?token=s3cret&sig=a"), token);
        let layer = spans.client().with_redacted_query_keys(keys);
        let full = client(spans, &layer, "http://shop.example/?token=s3cret&sig=a");
        assert_eq!(full, "http://shop.example/?token=REDACTED&sig=a");
        let nothing = [Some("/".to_owned()), Some("token=b&sig=a".to_owned())];
        assert_eq!(server(spans, &spans.server().with_redacted_query_keys(none), "/?token=b&sig=a"), nothing);
        // Credentials are no key.
        let layer = spans.client().with_redacted_query_keys(none);
        let full = client(spans, &layer, "http://user:s3cret@shop.example/?sig=a");
        assert_eq!(full, "http://REDACTED:REDACTED@shop.example/?sig=a");
    });
}

#[test]
fn sp_54_a_function_of_the_callers_hides_the_rest() {
    both(|spans| {
        let scrub = |text: &str| text.contains("s3cret").then(|| text.replace("s3cret", "*"));
        let shown = server(spans, &spans.server().with_url_scrubber(scrub), "/users/s3cret?card=s3cret&sig=s3cret");
        assert_eq!(shown, [Some("/users/*".to_owned()), Some("card=*&sig=REDACTED".to_owned())]);
        let layer = spans.client().with_url_scrubber(scrub);
        let full = client(spans, &layer, "http://shop.example/users/s3cret?card=s3cret");
        assert_eq!(full, "http://shop.example/users/*?card=*");
        let nothing = spans.server().with_url_scrubber(|_| None);
        assert_eq!(server(spans, &nothing, "/a?b"), [Some("/a".to_owned()), Some("b".to_owned())]);
    });
}

proptest! {
    #[test]
    fn sp_52_all_else_of_a_query_stays_as_it_is(pairs in prop::collection::vec("(sig|Sig|a|s%69g)?=?[a-z=%?/]{0,4}", 0..6)) {
        let spans = Spans::new(Way::Api);
        let query = pairs.join("&");
        send(&spans.server(), Request::get(format!("/?{query}")), hello);
        let span = spans.only();
        let shown = span.attribute("url.query").unwrap().to_string();
        let hide = |pair: &str| if pair.starts_with("sig=") { "sig=REDACTED".to_owned() } else { pair.to_owned() };
        prop_assert_eq!(shown, query.split('&').map(hide).collect::<Vec<_>>().join("&"));
    }
}
