use std::fmt::{self, Write};

/// Whether that is how a value is written, found out without writing it anywhere: for errors of which nothing but the
/// text tells what they are.
///
/// ```
/// use telemetry_core::error_type::begins_with;
///
/// assert!(begins_with(&"dns error: no such host", "dns error"));
/// ```
#[must_use]
pub fn begins_with(value: &(impl fmt::Display + ?Sized), text: &str) -> bool {
    let mut expected = Expected(text);
    // An error is a difference, or means that there is no more to come.
    let _ = write!(expected, "{value}");
    expected.0.is_empty()
}

/// What is still to come.
struct Expected<'a>(&'a str);

impl Write for Expected<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.0 = match self.0.strip_prefix(part) {
            Some(rest) => rest,
            None if part.starts_with(self.0) => "",
            None => return Err(fmt::Error),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Parts(&'static [&'static str]);

    impl fmt::Display for Parts {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.iter().try_for_each(|part| f.write_str(part))
        }
    }

    #[test]
    fn hc_16_a_text_is_compared_as_it_is_written() {
        for same in [&["dns error"][..], &["dns", " ", "error"], &["dns error", ": x"], &["", "dns error: x"]] {
            assert!(begins_with(&Parts(same), "dns error"), "{same:?}");
        }
        for other in
            [&[][..], &["dns"], &["dns", "error"], &["tcp connect error"], &["a dns error"], &["d", "ms error"]]
        {
            assert!(!begins_with(&Parts(other), "dns error"), "{other:?}");
        }
    }
}
