//! Redirects.
#![cfg(feature = "reqwest")]

use reqwest::Client;
use reqwest::redirect::Policy;

use crate::clients::distrustful;
use crate::clients::reqwest::{build, service};
use crate::servers::answering;
use crate::{Seen, failed, get, seen};

async fn seen_with(policy: Policy) -> Seen {
    let address =
        answering(b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    let client = build(Client::builder().redirect(policy), distrustful());
    seen(service(client), get(&format!("http://{address}/"))).await
}

#[tokio::test]
async fn hc_19_the_limit_of_redirects_is_a_redirect_error() {
    assert_eq!(seen_with(Policy::limited(2)).await, failed("redirect_error"));
}

#[tokio::test]
async fn hc_19_a_redirect_that_the_policy_forbids_is_a_redirect_error() {
    assert_eq!(seen_with(Policy::custom(|attempt| attempt.error("not there"))).await, failed("redirect_error"));
}

#[tokio::test]
async fn hc_19_a_redirect_that_is_not_followed_is_no_error() {
    assert_eq!(seen_with(Policy::none()).await, Seen { error: None, status: Some("302".to_owned()) });
}
