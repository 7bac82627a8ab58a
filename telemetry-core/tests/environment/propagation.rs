//! What carries context from service to service.

use crate::child;
use crate::row::{Case, Outcome, Row, Seen, check_all};

const BOTH: &str = "traceparent,tracestate,baggage";

pub(crate) fn rows() -> Vec<Row> {
    let row = Row::new("OTEL_PROPAGATORS", BOTH, fields).value("TraceContext,tracecontext", "traceparent,tracestate");
    vec![row]
}

/// The headers of the propagator that the setup made global.
fn fields(case: &Case) -> Outcome {
    let told = child::run(case)?;
    Ok(Seen { effect: told.said("fields").unwrap().to_owned(), warnings: told.warnings() })
}

#[test]
fn co_01_co_08_cp_01_the_setup_makes_the_propagators_global() {
    check_all(&rows());
}

#[test]
fn co_04_co_08_propagators_that_are_not_spoken_are_told_of_together_and_the_others_stay() {
    for (list, left) in [("b3,b3multi,jaeger,xray,ottrace", ""), ("b3,baggage", "baggage"), ("none", "")] {
        let seen = fields(&Case::of([("OTEL_PROPAGATORS", list)])).unwrap();
        assert_eq!(seen.effect, left, "{list}");
        let expected = usize::from(list != "none");
        assert_eq!(seen.warnings.len(), expected, "{:?}", seen.warnings);
        assert!(seen.warnings.iter().all(|warning| warning.contains("OTEL_PROPAGATORS") && warning.contains("b3")));
    }
    let error = fields(&Case::default().in_code("OTEL_PROPAGATORS", "b3")).unwrap_err();
    assert!(error.contains("OTEL_PROPAGATORS"), "{error}");
}
