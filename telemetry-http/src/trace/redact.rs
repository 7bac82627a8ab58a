//! What of a URL must not be seen.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::Uri;

/// What stands in the place of a secret.
pub(super) const REDACTED: &str = "REDACTED";

/// The keys whose values the conventions want to be hidden, and the names that OAuth 2.0 has for credentials in a query
/// (RFC 6749, RFC 6750, RFC 7009): the conventions want everything to be hidden that is known to be a secret.
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

type Scrub = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What is hidden: values of keys in queries, and what a function of the caller's takes out.
#[derive(Clone, Default)]
pub(super) struct Redaction {
    /// Absent for [`KEYS`].
    pub(super) keys: Option<Arc<[String]>>,
    pub(super) scrub: Option<Arc<Scrub>>,
}

impl Redaction {
    fn hides(&self, key: &str) -> bool {
        match &self.keys {
            Some(keys) => keys.iter().any(|hidden| hidden == key),
            None => KEYS.contains(&key),
        }
    }

    /// What a function would have looked at is hidden as a whole.
    pub(super) fn hide_what_is_scrubbed(&mut self) {
        if let Some(scrub) = &mut self.scrub {
            *scrub = Arc::new(|_| Some(REDACTED.to_owned()));
        }
    }

    pub(super) fn path<'a>(&self, uri: &'a Uri) -> Cow<'a, str> {
        let path = uri.path();
        self.scrubbed(Cow::Borrowed(if path.is_empty() { "/" } else { path }))
    }

    pub(super) fn query<'a>(&self, uri: &'a Uri) -> Option<Cow<'a, str>> {
        Some(self.scrubbed(self.without_secrets(uri.query()?)))
    }

    /// The whole URL of a request that goes to `host` if its target names none.
    pub(super) fn full(&self, uri: &Uri, scheme: &str, host: Option<&str>) -> Option<Cow<'static, str>> {
        let authority = uri.authority().map(http::uri::Authority::as_str).or(host)?;
        let scheme = uri.scheme_str().unwrap_or(scheme);
        let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(_, host)| ("REDACTED:REDACTED@", host));
        // What is for the server as a whole has a target that is no part of its URL.
        let path = if uri.path() == "*" { "" } else { uri.path() };
        let mut full = String::with_capacity(scheme.len() + 3 + user.len() + authority.len() + path.len());
        full.extend([scheme, "://", user, host, path]);
        if let Some(query) = uri.query() {
            full.extend(["?", &self.without_secrets(query)]);
        }
        Some(self.scrubbed(full.into()))
    }

    /// Keys, order and all else stay. It allocates only if there is something to hide.
    fn without_secrets<'a>(&self, query: &'a str) -> Cow<'a, str> {
        let secret = |pair: &str| pair.split_once('=').is_some_and(|(key, _)| self.hides(key));
        if !query.split('&').any(secret) {
            return Cow::Borrowed(query);
        }
        let mut shown = String::with_capacity(query.len());
        for (index, pair) in query.split('&').enumerate() {
            if index > 0 {
                shown.push('&');
            }
            match pair.split_once('=').filter(|(key, _)| self.hides(key)) {
                Some((key, _)) => shown.extend([key, "=", REDACTED]),
                None => shown.push_str(pair),
            }
        }
        Cow::Owned(shown)
    }

    fn scrubbed<'a>(&self, text: Cow<'a, str>) -> Cow<'a, str> {
        match self.scrub.as_ref().and_then(|scrub| scrub(&text)) {
            Some(scrubbed) => scrubbed.into(),
            None => text,
        }
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction").field("keys", &self.keys).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(redaction: &Redaction, query: &str) -> String {
        redaction.query(&format!("/?{query}").parse().unwrap()).unwrap().into_owned()
    }

    fn full(target: &str, host: Option<&str>) -> Option<Cow<'static, str>> {
        Redaction::default().full(&target.parse().unwrap(), "https", host)
    }

    #[test]
    fn sp_52_values_of_known_keys_are_hidden_and_all_else_stays() {
        let redaction = Redaction::default();
        for (given, shown) in [
            ("color=blue&sig=abc", "color=blue&sig=REDACTED"),
            ("Sig=abc&SIG=abc", "Sig=abc&SIG=abc"),
            ("sig=a&x=1&sig=b&sig=", "sig=REDACTED&x=1&sig=REDACTED&sig=REDACTED"),
            ("sig&x", "sig&x"),
            ("sig=a=b&&=&", "sig=REDACTED&&=&"),
            ("q=sig%3Dabc&signature=x", "q=sig%3Dabc&signature=x"),
            ("token=a&page_token=b&passwords=c", "token=REDACTED&page_token=b&passwords=c"),
        ] {
            assert_eq!(query(&redaction, given), shown);
        }
        for key in KEYS {
            assert_eq!(query(&redaction, &format!("a=1&{key}=secret")), format!("a=1&{key}=REDACTED"));
        }
    }

    #[test]
    fn sp_53_another_list_replaces_the_usual_one() {
        let keys = |keys: &[&str]| Redaction {
            keys: Some(keys.iter().map(ToString::to_string).collect()),
            ..Redaction::default()
        };
        assert_eq!(query(&keys(&["token"]), "token=a&sig=b"), "token=REDACTED&sig=b");
        assert_eq!(query(&keys(&[]), "token=a&sig=b"), "token=a&sig=b");
    }

    #[test]
    fn sp_51_credentials_are_hidden() {
        assert_eq!(full("https://me:pw@h/", None).unwrap(), "https://REDACTED:REDACTED@h/");
        assert_eq!(full("http://me@h:81/a?b", None).unwrap(), "http://REDACTED:REDACTED@h:81/a?b");
        assert_eq!(full("http://h/?sig=x&a=b", None).unwrap(), "http://h/?sig=REDACTED&a=b");
    }

    #[test]
    fn sp_22_a_target_without_a_host_takes_that_of_the_header() {
        assert_eq!(full("/a?b=c", Some("shop.example:81")).unwrap(), "https://shop.example:81/a?b=c");
        assert_eq!(full("/", Some("me:pw@shop.example")).unwrap(), "https://REDACTED:REDACTED@shop.example/");
        assert_eq!(full("*", Some("shop.example")).unwrap(), "https://shop.example");
        assert_eq!(full("/a", None), None);
    }

    #[test]
    fn sp_54_a_function_of_the_callers_has_the_last_word() {
        let scrub = |text: &str| text.contains("42").then(|| text.replace("42", "*"));
        let redaction = Redaction { scrub: Some(Arc::new(scrub)), ..Redaction::default() };
        let uri: Uri = "http://h/users/42?card=42&sig=42".parse().unwrap();
        assert_eq!(redaction.path(&uri), "/users/*");
        assert_eq!(redaction.query(&uri).unwrap(), "card=*&sig=REDACTED");
        assert_eq!(redaction.full(&uri, "http", None).unwrap(), "http://h/users/*?card=*&sig=REDACTED");
        assert_eq!(Redaction::default().path(&Uri::from_static("http://h")), "/");
    }
}
