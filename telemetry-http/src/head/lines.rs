use http::HeaderMap;
use http::header::{HOST, HeaderValue, USER_AGENT};

/// The headers that every span looks at, found in one go where that is cheaper than to look each up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines<'a> {
    host: Option<&'a HeaderValue>,
    hosts: usize,
    pub(crate) user_agent: Option<&'a HeaderValue>,
}

/// From so many headers on it is cheaper to look them up.
const MANY: usize = 16;

impl<'a> Lines<'a> {
    #[inline]
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let mut lines = Self { host: None, hosts: 0, user_agent: None };
        if headers.len() >= MANY {
            let host = headers.get_all(HOST);
            return Self { host: host.iter().next(), hosts: host.iter().count(), user_agent: headers.get(USER_AGENT) };
        }
        for (name, value) in headers {
            if *name == HOST {
                lines.host = lines.host.or(Some(value));
                lines.hosts += 1;
            } else if *name == USER_AGENT {
                lines.user_agent = lines.user_agent.or(Some(value));
            }
        }
        lines
    }

    /// As [`host_header`](super::authority::host_header).
    #[inline]
    pub(crate) fn host(&self) -> Option<&'a str> {
        self.host.filter(|_| self.hosts == 1)?.to_str().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::authority;
    use super::*;

    #[test]
    fn the_same_is_found_among_few_headers_and_among_many() {
        for others in [0, 2 * MANY] {
            for (hosts, agents) in [(0, 0), (1, 1), (2_u16, 2)] {
                let mut headers = HeaderMap::new();
                for number in 0..others {
                    headers.insert(http::HeaderName::try_from(format!("x-{number}")).unwrap(), number.into());
                }
                for (name, count) in [(HOST, hosts), (USER_AGENT, agents)] {
                    (0..count).for_each(|number| assert_eq!(headers.append(&name, number.into()), number > 0));
                }
                let lines = Lines::of(&headers);
                assert_eq!(lines.user_agent, headers.get(USER_AGENT));
                assert_eq!(lines.host(), authority::host_header(&headers));
                assert_eq!(lines.host().is_some(), hosts == 1);
            }
        }
    }
}
