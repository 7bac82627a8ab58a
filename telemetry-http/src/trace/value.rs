use std::borrow::Cow;

/// A client may write what it likes, and spans wait in a queue: longer text is cut.
pub(super) const LONGEST: usize = 8192;

/// The text up to the limit.
pub(super) fn bounded(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return text;
    }
    let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_two_characters() {
        assert_eq!(bounded("short".into()), "short");
        assert_eq!(bounded("x".repeat(LONGEST + 1).into()).len(), LONGEST);
        let text = format!("x{}", "\u{e9}".repeat(LONGEST));
        assert_eq!(bounded(text.as_str().into()).len(), LONGEST - 1);
        assert_eq!(bounded(text.clone().into()), bounded(text.as_str().into()));
    }
}
