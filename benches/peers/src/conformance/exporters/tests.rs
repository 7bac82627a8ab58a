//! The probes tell right from wrong: pages that are wrong in one way each.

use openmetrics_parser::openmetrics::parse_openmetrics;
use telemetry_prometheus::Format;

use super::metric::{Build, Exporter, Outcome};
use super::probes::PROBES;
use crate::conformance::finding::{Finding, Verdict};

fn exporter(build: Build) -> Exporter {
    Exporter { build, judge: |page| parse_openmetrics(page).map(drop).map_err(|complaint| complaint.to_string()) }
}

fn finding(id: &str, build: Build) -> Finding {
    let probe = PROBES.iter().find(|probe| probe.id == id).unwrap();
    (probe.run)(exporter(build)).unwrap()
}

/// How a judge's own words begin: they are another matter in another version.
const ILLEGAL: &str = "not a legal page: ";

/// What a probe says of pages of Prometheus' text.
macro_rules! wrong {
    ($($id:literal: $page:expr => $answer:expr),* $(,)?) => {
        $(
            let found = finding($id, |_| Ok(Outcome::Written($page.to_owned(), Format::PrometheusText, 0)));
            let answer = if found.answer.starts_with(ILLEGAL) { ILLEGAL } else { &found.answer };
            assert_eq!((answer, found.verdict), ($answer, Verdict::Not), "{}: {}", $id, found.answer);
        )*
    };
}

#[test]
fn pages_that_are_wrong_fail() {
    wrong! {
        "exponential-histogram": "level 1\n" => "absent, warnings: 0",
        "exponential-histogram": "latency_count 2\n" => "a count of 2, warnings: 0",
        "label-digit": "level{1x=\"first\"} 1\n" => ILLEGAL,
        "label-digit": "level{_x=\"\"} 1\n" => "_x=\"\"",
        "labels-collide": "level{a_b=\"first\",a_b=\"second\"} 1\n" => ILLEGAL,
        "labels-collide": "level{a_b=\"first\"} 1\n" => "a_b=\"first\"",
        "label-empty": "other 1\n" => "absent",
        "label-value-newline": "level{text=\"one two\"} 1\n" => "Some(\"one two\")",
        "label-value-quote": "level 1\n" => "None",
        "label-value-backslash": "level{text=\"C:\\new\\\\x\\\\\"} 1\n" => "Some(\"C:\\new\\\\x\\\\\")",
        "help-newline": "# HELP level One\ntwo\nlevel 1\n" => ILLEGAL,
        "names-collide": "# TYPE jobs_total counter\njobs_total 1\n# TYPE jobs_total gauge\njobs_total 7\n" => ILLEGAL,
        "names-collide": "# TYPE jobs_total counter\njobs_total 1\njobs_total 7\n" => ILLEGAL,
        "not-a-number": "level 0\n" => "0",
        "infinity": "jobs_total one\n" => ILLEGAL,
        "unit": "transfer_total 1\n" => "transfer_total",
    }
}

#[test]
fn open_metrics_has_a_judge_of_its_own() {
    let judge = exporter(|_| Ok(Outcome::Failed)).judge;
    let page = |page| super::judge::read(page, Format::OpenMetrics, judge).unwrap().map(|page| page.samples.len());
    assert_eq!(page("# EOF\n"), Ok(0));
    assert_eq!(page("# TYPE jobs counter\njobs_total inf\n# EOF\n"), Ok(1));
    let complaint = page("# TYPE jobs counter\njobs{1x=\"first\"} 1\n# EOF\n").unwrap_err();
    assert!(complaint.starts_with("at 2:6 expected "), "{complaint}");
    page("# TYPE jobs counter\njobs 1\n# EOF\n").unwrap_err();
    page("jobs 1\n").unwrap_err();
}

#[test]
fn an_error_is_an_answer_and_a_missing_feature_is_none() {
    for probe in PROBES {
        let finding = |build| finding(probe.id, build);
        assert_eq!(finding(|_| Ok(Outcome::Refused)), Finding::judged("refused with an error", true));
        assert_eq!(finding(|_| Ok(Outcome::Failed)), Finding::judged("the whole scrape fails", false));
        assert_eq!(finding(|_| Ok(Outcome::NoSuch("none"))), Finding::none("none"));
    }
}
