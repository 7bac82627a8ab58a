//! Reads what a server answered to hand-written requests.

use anyhow::{Context, Result};

#[derive(Debug, PartialEq)]
pub(in crate::integration) struct Reply {
    pub(in crate::integration) status: u16,
    pub(in crate::integration) body: Vec<u8>,
}

/// Splits what came over a connection into the answers to requests with these methods. A body needs a
/// Content-Length, or is all the rest.
pub(in crate::integration) fn replies(mut text: &[u8], methods: &[&str]) -> Result<Vec<Reply>> {
    let mut all = Vec::new();
    for method in methods {
        let shown = || format!("no answer to {method} in {:?}", String::from_utf8_lossy(text));
        let end = text.windows(4).position(|window| window == b"\r\n\r\n").with_context(shown)? + 4;
        let head = std::str::from_utf8(&text[..end])?.to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).with_context(shown)?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let length = match length {
            _ if *method == "HEAD" => 0,
            Some(length) => length,
            None => text.len() - end,
        };
        let body = text.get(end..end + length).with_context(shown)?.to_vec();
        text = &text[end + length..];
        all.push(Reply { status, body });
    }
    anyhow::ensure!(text.is_empty(), "more than was asked for: {:?}", String::from_utf8_lossy(text));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_split() {
        let text = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\
            HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n\
            HTTP/1.0 500 Oh\r\n\r\nrest";
        let reply = |status, body: &str| Reply { status, body: body.into() };
        let found = replies(text, &["GET", "HEAD", "GET"]).unwrap();
        assert_eq!(found, [reply(200, "hi"), reply(404, ""), reply(500, "rest")]);
        assert!(replies(text, &["GET", "HEAD", "GET", "GET"]).is_err());
        assert!(replies(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiX", &["GET"]).is_err());
        assert!(replies(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", &["GET"]).is_err());
    }
}
