//! Attributes that the caller adds to what a layer records.

use std::fmt;
use std::sync::Arc;

use http::Extensions;
use opentelemetry::KeyValue;

/// Where the caller's own attributes come from: nowhere, a fixed list, or a function that looks at the extensions
/// of the request (`telemetry-http`) or of the connection (`telemetry-net`; it holds the
/// [`ConnectionInfo`](crate::ConnectionInfo)).
///
/// Every different value makes a series of its own in every metric that carries it, so take values from small sets.
/// An attribute with a name that the layer may set itself is left out.
///
/// ```
/// use telemetry_core::AttributesFactory;
/// use telemetry_core::opentelemetry::KeyValue;
///
/// #[derive(Clone)]
/// struct Tenant(&'static str);
///
/// let fixed = AttributesFactory::from([KeyValue::new("shop.region", "eu")]);
/// let tenant = AttributesFactory::from_fn(|extensions| {
///     extensions.get::<Tenant>().map(|tenant| KeyValue::new("shop.tenant", tenant.0)).into_iter().collect()
/// });
/// # let _ = (fixed, tenant);
/// ```
#[derive(Clone, Default)]
pub struct AttributesFactory(Source);

type FromExtensions = dyn Fn(&Extensions) -> Vec<KeyValue> + Send + Sync;

#[derive(Clone, Default)]
enum Source {
    #[default]
    None,
    Fixed(Arc<[KeyValue]>),
    Function(Arc<FromExtensions>),
}

impl AttributesFactory {
    /// Adds nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds what `attributes` returns for the extensions at hand. It runs once for each request or connection, on
    /// the hot path: static strings and shared ones cost least.
    #[must_use]
    pub fn from_fn(attributes: impl Fn(&Extensions) -> Vec<KeyValue> + Send + Sync + 'static) -> Self {
        Self(Source::Function(Arc::new(attributes)))
    }

    /// Whether it adds nothing, whatever the request or the connection.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self.0, Source::None)
    }

    /// Whether [`attributes`](Self::attributes) looks at the extensions at all.
    #[must_use]
    pub fn needs_extensions(&self) -> bool {
        matches!(self.0, Source::Function(_))
    }

    /// The attributes for the extensions at hand.
    #[must_use]
    pub fn attributes(&self, extensions: &Extensions) -> Arc<[KeyValue]> {
        match &self.0 {
            Source::None => Arc::default(),
            Source::Fixed(attributes) => Arc::clone(attributes),
            Source::Function(function) => function(extensions).into(),
        }
    }
}

impl From<Vec<KeyValue>> for AttributesFactory {
    fn from(attributes: Vec<KeyValue>) -> Self {
        Self(Source::Fixed(attributes.into()))
    }
}

impl<const N: usize> From<[KeyValue; N]> for AttributesFactory {
    fn from(attributes: [KeyValue; N]) -> Self {
        Self(Source::Fixed(attributes.into()))
    }
}

impl fmt::Debug for AttributesFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source: &dyn fmt::Debug = match &self.0 {
            Source::None => &"none",
            Source::Fixed(attributes) => attributes,
            Source::Function(_) => &"function",
        };
        f.debug_tuple("AttributesFactory").field(source).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_come_from_nowhere_a_list_or_a_function() {
        let mut extensions = Extensions::new();
        extensions.insert("acme");
        let pair = [KeyValue::new("a", 1), KeyValue::new("b", 2)];
        let function = AttributesFactory::from_fn(|extensions| {
            extensions.get::<&str>().map(|tenant| KeyValue::new("tenant", *tenant)).into_iter().collect()
        });
        let cases = [
            (AttributesFactory::none(), false, &[][..]),
            (pair.clone().into(), false, &pair),
            (pair.to_vec().into(), false, &pair),
            (function, true, &[KeyValue::new("tenant", "acme")]),
        ];
        for (factory, needs_extensions, expected) in cases {
            assert_eq!(&*factory.attributes(&extensions), expected, "{factory:?}");
            assert_eq!(factory.needs_extensions(), needs_extensions, "{factory:?}");
            assert_eq!(factory.is_none(), expected.is_empty(), "{factory:?}");
        }
    }
}
