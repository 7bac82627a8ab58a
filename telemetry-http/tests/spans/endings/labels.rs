//! What becomes known of a request only while it runs.

use telemetry_core::opentelemetry::KeyValue;
use telemetry_http::RequestLabels;

use super::*;

#[test]
fn an_attribute_that_the_response_and_the_handler_both_name_is_there_once() {
    both(|spans| {
        let layer = spans.server().with_labels().with_response_attributes(|_| {
            vec![KeyValue::new("shop.plan", "silver"), KeyValue::new("shop.kind", "page")]
        });
        let service = service_fn(|request: Request<RequestBody<Upload>>| {
            request.extensions().get::<RequestLabels>().unwrap().add(KeyValue::new("shop.plan", "gold"));
            ready(Ok::<_, Infallible>(Response::new(Upload::default())))
        });
        drop(crate::now(layer.layer(service).call(request())));
        let span = spans.only();
        let text = |name| span.attribute(name).map(ToString::to_string);
        assert_eq!((text("shop.plan"), text("shop.kind")), (Some("gold".into()), Some("page".into())));
    });
}

#[test]
fn labels_that_came_in_are_those_of_somebody_else() {
    both(|spans| {
        for layer in [spans.server(), spans.server().with_labels()] {
            let mut request = request();
            let somebodys = RequestLabels::default();
            somebodys.add(KeyValue::new("shop.plan", "gold"));
            request.extensions_mut().insert(somebodys);
            let service = service_fn(|_: Request<RequestBody<Upload>>| {
                ready(Ok::<_, Infallible>(Response::new(Upload::default())))
            });
            drop(crate::now(layer.layer(service).call(request)));
            assert_eq!(spans.only().attribute("shop.plan"), None);
        }
    });
}
