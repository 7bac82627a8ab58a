//! Whether a request comes from a program rather than a person, as far as its `User-Agent` says so.
//!
//! A word is a run of ASCII letters and digits, and case does not matter.
//!
//! | value | the header |
//! |---|---|
//! | `test` | has one of [`MONITORS`] as a word, or begins with one of [`TESTERS`] |
//! | `bot` | has a word that is or ends with `bot`, `crawler` or `spider`, or is one of [`CRAWLERS`] |
//!
//! The first row wins: some monitors call themselves bots. A phone of the brand Cubot is none.

use http::HeaderMap;
use http::header::USER_AGENT;
use telemetry_core::semconv::attribute::{SYNTHETIC_BOT, SYNTHETIC_TEST};

/// As far as the header is read.
const LONGEST: usize = 256;

/// Services that look at a site from outside, often with a browser.
const MONITORS: [&[u8]; 10] = [
    b"Catchpoint",
    b"Checkly",
    b"DatadogSynthetics",
    b"GoogleStackdriverMonitoring",
    b"NewRelicPinger",
    b"Pingdom",
    b"RuxitSynthetic",
    b"Site24x7",
    b"StatusCake",
    b"UptimeRobot",
];

/// Health checks and load generators. Their names are too short or too common to be looked for anywhere else.
const TESTERS: [&[u8]; 9] = [
    b"Amazon-Route53-Health-Check-Service",
    b"ApacheBench/",
    b"Blackbox Exporter/",
    b"Datadog/Synthetics",
    b"ELB-HealthChecker/",
    b"GoogleHC/",
    b"Grafana k6/",
    b"k6/",
    b"kube-probe/",
];

/// Crawlers whose names do not say that they are.
const CRAWLERS: [&[u8]; 5] = [b"BingPreview", b"facebookexternalhit", b"GoogleOther", b"Mediapartners", b"Slurp"];

const GENERIC: [&[u8]; 3] = [b"bot", b"crawler", b"spider"];

/// What the shortest name has. Most words of a browser are numbers with less.
const SHORTEST: usize = 3;

/// What ends in a generic word and is for people.
const PEOPLE: [&[u8]; 1] = [b"Cubot"];

/// The value of `user_agent.synthetic.type`.
pub(crate) fn synthetic_type(headers: &HeaderMap) -> Option<&'static str> {
    let agent = beginning(headers.get(USER_AGENT)?.as_bytes());
    if TESTERS.iter().any(|name| starts_with(agent, name)) {
        return Some(SYNTHETIC_TEST);
    }
    let mut found = None;
    for word in agent.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| word.len() >= SHORTEST) {
        if is_one_of(&MONITORS, word) {
            return Some(SYNTHETIC_TEST);
        }
        if is_bot(word) {
            found = Some(SYNTHETIC_BOT);
        }
    }
    found
}

/// The first bytes, without a word that goes on behind them.
fn beginning(agent: &[u8]) -> &[u8] {
    match agent.split_at_checked(LONGEST) {
        Some((head, [next, ..])) if next.is_ascii_alphanumeric() => {
            let end = head.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(0);
            head.split_at(end).0
        }
        Some((head, _)) => head,
        None => agent,
    }
}

fn is_bot(word: &[u8]) -> bool {
    let generic = GENERIC.iter().any(|name| ends_with(word, name));
    (generic && !is_one_of(&PEOPLE, word)) || is_one_of(&CRAWLERS, word)
}

fn is_one_of(names: &[&[u8]], word: &[u8]) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(word))
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn ends_with(text: &[u8], end: &[u8]) -> bool {
    let tail = text.len().checked_sub(end.len()).and_then(|from| text.get(from..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn kind(agent: impl AsRef<[u8]>) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_bytes(agent.as_ref()).unwrap());
        synthetic_type(&headers)
    }

    #[test]
    fn hs_17_crawlers_are_bots() {
        let agents = [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Googlebot-Image/1.0",
            "AdsBot-Google (+http://www.google.com/adsbot.html)",
            "Mediapartners-Google",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/116.0 Safari/537.36",
            "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
            "Mozilla/5.0 (compatible; Baiduspider/2.0)",
            "Mozilla/5.0 (compatible; Yahoo! Slurp)",
            "Sogou web spider/4.0",
            "DuckDuckBot/1.1",
            "archive.org_bot",
            "MJ12bot/v1.4.8",
            "Screaming Frog SEO Spider/19.0",
            "my-CRAWLER",
            "bot",
        ];
        for agent in agents {
            assert_eq!(kind(agent), Some("bot"), "{agent}");
        }
    }

    #[test]
    fn hs_17_monitors_are_tests_even_if_they_call_themselves_bots() {
        let agents = [
            "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
            "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 DatadogSynthetics",
            "GoogleStackdriverMonitoring-UptimeChecks(https://cloud.google.com/monitoring)",
            "kube-probe/1.29",
            "elb-healthchecker/2.0",
            "k6/0.49.0 (https://k6.io/)",
        ];
        for agent in agents {
            assert_eq!(kind(agent), Some("test"), "{agent}");
        }
    }

    #[test]
    fn hs_17_browsers_and_libraries_are_neither() {
        let agents = [
            "",
            "curl/8.5.0",
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Linux; Android 9; CUBOT_X19 Build/PPR1) AppleWebKit/537.36 Chrome/99.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 10; Cubot King Kong) AppleWebKit/537.36 Chrome/99.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 7.0; Lenovo K6/K33a42) AppleWebKit/537.36",
            "Mozilla/5.0 (Linux; Android 5.1; K6 Build/LMY47D)",
            "Roboto/1.0 Bottle/2 Spidermonkey/1.8",
            "kube-probes",
        ];
        for agent in agents {
            assert_eq!(kind(agent), None, "{agent}");
        }
        assert_eq!(synthetic_type(&HeaderMap::new()), None);
    }

    #[test]
    fn hs_17_the_first_256_bytes_are_read_and_a_word_is_read_whole() {
        let before = |bytes: usize, word: &str| format!("{}{word}", "x ".repeat(bytes / 2));
        assert_eq!(kind(before(250, "my bot")), Some("bot"));
        assert_eq!(kind(before(250, "my bot, hi")), Some("bot"));
        assert_eq!(kind(before(250, "my bottle")), None);
        assert_eq!(kind(before(252, "my bot")), None);
        assert_eq!(kind(before(256, " my bot")), None);
        assert_eq!(kind("bot".repeat(100)), None);
        assert_eq!(kind(format!("Googlebot {}", "x".repeat(10_000))), Some("bot"));
    }

    #[test]
    fn hs_17_reading_allocates_nothing() {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static("Mozilla/5.0 (compatible; Googlebot/2.1)"));
        let info = allocation_counter::measure(|| assert_eq!(synthetic_type(&headers), Some("bot")));
        assert_eq!(info.count_total, 0);
    }

    proptest! {
        #[test]
        fn hs_17_arbitrary_bytes_have_an_answer_in_any_case(
            agent in prop::collection::vec(prop_oneof![32_u8..127, 128_u8..=255], 0..300),
            word in "(bot|Cubot|pingdom|a|7| |\u{e9}){0,4}",
        ) {
            let agent = [word.as_bytes(), &agent, word.as_bytes()].concat();
            prop_assert_eq!(kind(agent.to_ascii_uppercase()), kind(agent.to_ascii_lowercase()));
        }
    }
}
