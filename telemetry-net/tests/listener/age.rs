use telemetry_core::testing::Value;

use crate::AGE;
use crate::common::Metered;
use crate::script::{Script, Step, block_on, wait_until};

/// The ages that are shown, by port.
fn ages(metered: &Metered) -> Vec<(String, f64)> {
    let snapshot = metered.metrics.snapshot();
    let points = snapshot.points(AGE).into_iter().map(|point| {
        let Value::Number(age) = point.value else { unreachable!("{point:?}") };
        assert_eq!(point.unit, "s");
        (point.attributes["server.port"].clone(), age)
    });
    let mut ages: Vec<_> = points.collect();
    ages.sort_by(|a, b| a.0.cmp(&b.0));
    ages
}

fn age(metered: &Metered) -> f64 {
    let ages = ages(metered);
    assert_eq!(ages.len(), 1, "{ages:?}");
    ages[0].1
}

#[test]
fn nt_75_the_age_grows_until_a_connection_comes() {
    let metered = Metered::new();
    let start = std::time::Instant::now();
    let mut listener = metered.layer.listen(Script::new([Step::Accept]));
    let first = age(&metered);
    let second = age(&metered);
    assert!(0.0 < first && first < second && second < start.elapsed().as_secs_f64(), "{first} {second}");

    // Long enough to be told from what follows.
    wait_until(|| age(&metered) >= 0.05);
    let before = std::time::Instant::now();
    let stream = block_on(listener.accept());
    let third = age(&metered);
    assert!(third <= before.elapsed().as_secs_f64(), "{third}");
    drop(stream);
    assert!(age(&metered) > third);
}

#[test]
fn nt_75_a_listener_that_is_gone_has_no_age() {
    let metered = Metered::new();
    let one = metered.layer.listen(Script::at("192.0.2.1:80", []));
    let two = metered.layer.listen(Script::at("192.0.2.1:81", []));
    let shown = || ages(&metered).into_iter().map(|(port, _)| port).collect::<Vec<_>>();
    assert_eq!(shown(), ["80", "81"]);
    drop(one);
    assert_eq!(shown(), ["81"]);
    let _ = two.into_inner();
    assert_eq!(shown(), [""; 0]);
    let again = metered.layer.listen(Script::at("192.0.2.1:80", []));
    assert_eq!(shown(), ["80"]);
    drop(again);
}

#[test]
fn nt_75_a_listener_keeps_its_metrics_without_its_layer() {
    let Metered { metrics, layer } = Metered::new();
    let listener = layer.listen(Script::new([]));
    drop(layer);
    assert_eq!(metrics.snapshot().points(AGE).len(), 1);
    drop(listener);
    assert_eq!(metrics.snapshot().points(AGE).len(), 0);
}

#[test]
fn nt_75_of_listeners_at_one_address_the_youngest_counts() {
    let metered = Metered::new();
    let mut listeners = [(); 3].map(|()| metered.layer.listen(Script::new([Step::Accept])));
    wait_until(|| age(&metered) >= 0.05);
    let before = std::time::Instant::now();
    drop(block_on(listeners[1].accept()));
    let youngest = age(&metered);
    assert!(youngest <= before.elapsed().as_secs_f64(), "{youngest}");
    let [_first, second, _third] = listeners;
    drop(second);
    assert!(age(&metered) >= 0.05);
}
