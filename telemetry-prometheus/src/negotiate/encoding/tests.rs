use super::*;
use proptest::prelude::*;

fn negotiate(accept_encoding: &str) -> ContentEncoding {
    ContentEncoding::negotiate([&HeaderValue::from_str(accept_encoding).unwrap()])
}

#[test]
fn px149_the_page_is_sent_as_it_is_unless_the_client_wants_else() {
    assert_eq!(ContentEncoding::negotiate([]), ContentEncoding::Identity);
    for header in [
        "",
        "identity",
        "br, deflate",
        "compress",
        "gzip;q=0, zstd;q=0",
        "gzip;q=0, x-gzip;q=0, *;q=0",
        "identity;q=0",
        "*;q=0",
        "identity;q=0, br",
        "gzip;q=x, zstd;q=x",
        "gzip zstd",
        "gzip;x=\", zstd",
    ] {
        assert_eq!(negotiate(header), ContentEncoding::Identity, "{header}");
    }
    assert_eq!(ContentEncoding::Identity.header_value(), None);
}

#[test]
#[cfg(feature = "gzip")]
fn px148_gzip_is_sent_to_those_who_want_it() {
    for header in [
        "gzip",
        "GZip",
        "x-gzip",
        "br, deflate, gzip",
        "gzip;q=0.001",
        "identity, gzip",
        "gzip;q=0.5, identity;q=0.5",
        "*",
        "*;q=0.5, identity;q=0",
        "gzip;q=0.5, *;q=0",
        "gzip;q=0, gzip",
        "gzip;q=0.6, zstd;q=0.5",
    ] {
        assert_eq!(negotiate(header), ContentEncoding::Gzip, "{header}");
    }
    for header in ["gzip;q=0, *", "identity, gzip;q=0.9", "identity;q=0.6, *;q=0.5", "gzip;q=-1"] {
        assert_eq!(negotiate(header), ContentEncoding::Identity, "{header}");
    }
    assert_eq!(ContentEncoding::Gzip.header_value().unwrap(), "gzip");
}

#[test]
#[cfg(feature = "zstd")]
fn px148_zstd_is_sent_to_those_who_name_it() {
    for header in
        ["zstd", "ZSTD;q=0.5", "gzip, deflate, br, zstd", "zstd, *", "identity, zstd", "gzip;q=0.5, zstd;q=0.6"]
    {
        assert_eq!(negotiate(header), ContentEncoding::Zstd, "{header}");
    }
    for header in ["*", "gzip", "zstd;q=0", "zstd;q=0.5, *"] {
        assert_ne!(negotiate(header), ContentEncoding::Zstd, "{header}");
    }
    assert_eq!(ContentEncoding::Zstd.header_value().unwrap(), "zstd");
}

#[test]
fn px148_several_headers_count_like_one() {
    let headers = [HeaderValue::from_static("identity;q=0.5"), HeaderValue::from_static("gzip, zstd")];
    assert_eq!(ContentEncoding::negotiate(&headers), negotiate("identity;q=0.5, gzip, zstd"));
}

proptest! {
    #[test]
    fn px148_nothing_is_sent_that_was_not_offered(header in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "(gzip|zstd|x-|identity|\\*|br|;q=|0|0\\.5|1|,|;|\"| ){0,12}".prop_map(String::into_bytes),
    ]) {
        if let Ok(value) = HeaderValue::from_bytes(&header) {
            let encoding = ContentEncoding::negotiate([&value]);
            if let Some(name) = encoding.header_value() {
                let header = header.to_ascii_lowercase();
                let has = |word: &[u8]| header.windows(word.len()).any(|part| part == word);
                prop_assert!(has(name.as_bytes()) || (name == "gzip" && has(b"*")));
            }
        }
    }
}
