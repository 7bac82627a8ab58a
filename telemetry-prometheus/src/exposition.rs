//! What a response looks like: its format, and how names are escaped in it.

use http::HeaderValue;

use crate::negotiate;

/// A format of the output.
///
/// ```
/// use telemetry_prometheus::Format;
///
/// let format = Format::PrometheusText;
/// assert!(format.content_type().starts_with("text/plain; version=0.0.4"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The [text format] of Prometheus, version 0.0.4, which every version of Prometheus reads.
    ///
    /// [text format]: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
    PrometheusText,
    /// The text format of Prometheus, version 1.0.0: that of 0.0.4, and names that are not legal there stand in quotes.
    PrometheusTextV1,
    /// The text format of [OpenMetrics] 1.0: with exemplars and units.
    ///
    /// [OpenMetrics]: https://prometheus.io/docs/specs/om/open_metrics_spec/
    OpenMetrics,
    /// Prometheus' protocol buffers, each with its length in front: with exemplars, units, start times and native
    /// histograms.
    Protobuf,
}

impl Format {
    /// The value for the `Content-Type` header of a response in this format, with underscores for what a name must not
    /// have. That for other ways of escaping is [`Exposition::content_type`].
    #[must_use]
    pub fn content_type(self) -> &'static str {
        Exposition::new(self).content_type()
    }

    pub(crate) fn has_exemplars(self) -> bool {
        matches!(self, Self::OpenMetrics | Self::Protobuf)
    }
}

/// How names that Prometheus did not allow before its version 3 are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Escaping {
    /// Each character that is not allowed becomes an underscore.
    #[default]
    Underscores,
    /// As they are: in quotes, where the format is text.
    AllowUtf8,
    /// Dots become `_dot_`, underscores are doubled, other characters become two underscores.
    Dots,
    /// A name that is not allowed gets `U__` in front, and each such character its code point in hexadecimal digits.
    Values,
}

impl Escaping {
    pub(crate) const ALL: [Self; 4] = [Self::Underscores, Self::AllowUtf8, Self::Dots, Self::Values];

    /// The value of the parameter `escaping` in the headers `Accept` and `Content-Type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Underscores => "underscores",
            Self::AllowUtf8 => "allow-utf-8",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }

    /// The way of escaping with this [`as_str`](Self::as_str), to the letter.
    ///
    /// ```
    /// use telemetry_prometheus::Escaping;
    ///
    /// assert_eq!(Escaping::from_name("allow-utf-8"), Some(Escaping::AllowUtf8));
    /// assert_eq!(Escaping::from_name("allow-utf8"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|escaping| escaping.as_str() == name)
    }
}

/// A format, with a way to escape names.
///
/// ```
/// use telemetry_prometheus::{Escaping, Exposition, Format};
///
/// let exposition = Exposition::new(Format::OpenMetrics).with_escaping(Escaping::Dots);
/// assert_eq!(
///     exposition.content_type(),
///     "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Exposition {
    format: Format,
    escaping: Escaping,
    /// What a scraper that asked for OpenMetrics 0.0.1 is told; the body is the same.
    is_open_metrics_0_0_1: bool,
}

impl Exposition {
    /// The format, with underscores for what a name must not have.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self { format, escaping: Escaping::Underscores, is_open_metrics_0_0_1: false }
    }

    pub(crate) const fn open_metrics_0_0_1() -> Self {
        Self { is_open_metrics_0_0_1: true, ..Self::new(Format::OpenMetrics) }
    }

    /// The same format with another way to escape names.
    ///
    /// [`Format::PrometheusText`] has no quotes for names: with it, [`Escaping::AllowUtf8`] becomes
    /// [`Escaping::Underscores`].
    #[must_use]
    pub const fn with_escaping(mut self, escaping: Escaping) -> Self {
        self.escaping = match (self.format, escaping) {
            (Format::PrometheusText, Escaping::AllowUtf8) => Escaping::Underscores,
            _ => escaping,
        };
        self
    }

    /// What a scraper wants, by the `Accept` headers of its request.
    ///
    /// ```
    /// use http::header::ACCEPT;
    /// use http::{HeaderMap, HeaderValue};
    /// use telemetry_prometheus::{Escaping, Exposition, Format};
    ///
    /// let mut headers = HeaderMap::new();
    /// assert_eq!(Exposition::negotiate(headers.get_all(ACCEPT)), Exposition::new(Format::PrometheusText));
    ///
    /// let accept = "text/plain;q=0.3,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6";
    /// headers.insert(ACCEPT, HeaderValue::from_static(accept));
    /// let exposition = Exposition::negotiate(headers.get_all(ACCEPT));
    /// assert_eq!(exposition, Exposition::new(Format::OpenMetrics).with_escaping(Escaping::AllowUtf8));
    /// ```
    ///
    /// | clause of the header | answer |
    /// |---|---|
    /// | `text/plain`, `text/plain;version=0.0.4`, `text/*`, `*/*` | [`Format::PrometheusText`] |
    /// | `text/plain;version=1.0.0` | [`Format::PrometheusTextV1`] |
    /// | `application/openmetrics-text`, the same with `version=1.0.0`, `application/*` | [`Format::OpenMetrics`] |
    /// | `application/openmetrics-text;version=0.0.1` | the same body, called version 0.0.1 |
    /// | `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited` | protobuf |
    /// | no header, nothing that is acceptable | [`Format::PrometheusText`] |
    ///
    /// - The highest `q` wins, then the clause that stands first. As in [RFC 9110], the `q` of a format is that of the
    ///   clause that names it most precisely: `text/plain;q=0, */*` gets OpenMetrics, because text is refused.
    /// - A wildcard stands for the formats of its kind in the order of the table, but never for protocol buffers: who
    ///   can read those says so in full.
    /// - The parameter `escaping` of the clause that won is obeyed. Without one, or with one that is not known, names
    ///   are escaped with underscores. So are they in 0.0.4 where UTF-8 is asked for: see
    ///   [`with_escaping`](Self::with_escaping).
    /// - Other parameters, also `charset`, are not looked at. All text is UTF-8.
    /// - What is not understood is skipped, and so is everything after the 64th clause.
    ///
    /// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#name-accept
    #[must_use]
    pub fn negotiate<'a>(accept: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        negotiate::exposition(accept)
    }

    /// The format.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// How names are escaped.
    #[must_use]
    pub const fn escaping(&self) -> Escaping {
        self.escaping
    }

    /// Whether only the names of the two differ, and the bytes of a response do not.
    pub(crate) fn has_same_body(self, other: Self) -> bool {
        (self.format, self.escaping) == (other.format, other.escaping)
    }

    /// The value for the `Content-Type` header of a response.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        macro_rules! escaped {
            ($content_type:literal) => {
                match self.escaping {
                    Escaping::Underscores => concat!($content_type, "; escaping=underscores"),
                    Escaping::AllowUtf8 => concat!($content_type, "; escaping=allow-utf-8"),
                    Escaping::Dots => concat!($content_type, "; escaping=dots"),
                    Escaping::Values => concat!($content_type, "; escaping=values"),
                }
            };
        }
        match self.format {
            Format::PrometheusText => escaped!("text/plain; version=0.0.4; charset=utf-8"),
            Format::PrometheusTextV1 => escaped!("text/plain; version=1.0.0; charset=utf-8"),
            Format::OpenMetrics if self.is_open_metrics_0_0_1 => {
                escaped!("application/openmetrics-text; version=0.0.1; charset=utf-8")
            }
            Format::OpenMetrics => escaped!("application/openmetrics-text; version=1.0.0; charset=utf-8"),
            Format::Protobuf => {
                escaped!("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited")
            }
        }
    }
}

impl From<Format> for Exposition {
    fn from(format: Format) -> Self {
        Self::new(format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn px143_om01_t01_pb02_each_format_has_its_content_type() {
        const PROTOBUF: &str =
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
        for (exposition, expected) in [
            (Exposition::new(Format::PrometheusText), "text/plain; version=0.0.4; charset=utf-8"),
            (Exposition::new(Format::PrometheusTextV1), "text/plain; version=1.0.0; charset=utf-8"),
            (Exposition::new(Format::OpenMetrics), "application/openmetrics-text; version=1.0.0; charset=utf-8"),
            (Exposition::open_metrics_0_0_1(), "application/openmetrics-text; version=0.0.1; charset=utf-8"),
            (Exposition::new(Format::Protobuf), PROTOBUF),
        ] {
            for escaping in Escaping::ALL {
                let exposition = exposition.with_escaping(escaping);
                let escaping = exposition.escaping().as_str();
                assert_eq!(exposition.content_type(), format!("{expected}; escaping={escaping}"));
                assert!(HeaderValue::from_str(exposition.content_type()).is_ok());
            }
        }
    }

    #[test]
    fn px143_a_format_alone_is_one_with_underscores() {
        for format in [Format::PrometheusText, Format::PrometheusTextV1, Format::OpenMetrics, Format::Protobuf] {
            let exposition = Exposition::from(format);
            assert_eq!(exposition, Exposition::new(format));
            assert_eq!((exposition.format(), exposition.escaping()), (format, Escaping::Underscores));
            assert_eq!(format.content_type(), exposition.content_type());
        }
    }

    #[test]
    fn px145_the_names_of_escapings_come_back() {
        for escaping in Escaping::ALL {
            assert_eq!(Escaping::from_name(escaping.as_str()), Some(escaping));
        }
        for unknown in ["", "allow-utf8", "Dots", "dots ", "underscores\r\nx: y"] {
            assert_eq!(Escaping::from_name(unknown), None);
        }
    }

    #[test]
    fn t15_text_0_0_4_has_no_quotes_for_names() {
        let text = Exposition::new(Format::PrometheusText);
        assert_eq!(text.with_escaping(Escaping::AllowUtf8), text);
        assert_eq!(text.with_escaping(Escaping::Dots).escaping(), Escaping::Dots);
        assert_eq!(text.with_escaping(Escaping::Values).with_escaping(Escaping::AllowUtf8), text);
    }
}
