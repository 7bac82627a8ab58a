//! The files of the examples are right, and each kind of mistake in them is found.

use std::path::PathBuf;

use super::*;

const COLLECTOR: &str = "collector.yaml";
const RULES: &str = "prometheus/scrapes.rules.yaml";
const TESTS: &str = "prometheus/scrapes.rules.test.yaml";
const ROUTES: &str = "grafana/provisioning/datasources/alertmanager.yaml";
const SOURCE: &str = "grafana/provisioning/datasources/prometheus.yaml";
const TRACES: &str = "grafana/provisioning/datasources/jaeger.yaml";
const PROVIDER: &str = "grafana/provisioning/dashboards/folder.yaml";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FOLDER)
}

fn readme() -> String {
    fs::read_to_string(folder().join(README)).unwrap()
}

/// What is found when `right` stands in a file as `wrong`.
fn found(file: &str, right: &str, wrong: &str) -> Vec<String> {
    let mut texts = read(&folder()).unwrap();
    let text = texts.get_mut(file).unwrap();
    assert!(text.contains(right), "{file} has no {right:?}");
    *text = text.replacen(right, wrong, 1);
    faults(&folder(), &texts, &readme())
}

fn is_found(file: &str, right: &str, wrong: &str, fault: &str) {
    assert_eq!(found(file, right, wrong), [format!("{file}: {fault}")], "{right:?} as {wrong:?}");
}

#[test]
fn the_files_of_the_examples_are_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    assert_eq!(violations(&root).unwrap(), [""; 0]);
    let names: Vec<String> = read(&folder()).unwrap().into_keys().collect();
    let settings: Vec<&String> = names.iter().filter(|name| !name.contains(".rules.")).collect();
    assert_eq!(settings, [ALERTMANAGER, COLLECTOR, COMPOSE, PROVIDER, ROUTES, TRACES, SOURCE, PROMETHEUS]);
    assert!(names.contains(&RULES.to_owned()) && names.contains(&TESTS.to_owned()), "{names:?}");
}

#[test]
fn what_is_no_yaml_is_found_in_every_file() {
    for file in read(&folder()).unwrap().keys() {
        let mut texts = read(&folder()).unwrap();
        texts.insert(file.clone(), "a: [1".to_owned());
        let found = faults(&folder(), &texts, &readme());
        assert!(found.iter().any(|fault| fault.starts_with(&format!("{file}: while parsing"))), "{file}: {found:?}");
    }
    is_found(PROMETHEUS, "global:", "global: {}\nglobal:", "duplicated key in mapping at byte 11 line 2 column 1");
}

#[test]
fn without_compose_there_is_nothing_to_hold_the_others_against() {
    let mut texts = read(&folder()).unwrap();
    texts.remove(COMPOSE);
    assert_eq!(faults(&folder(), &texts, &readme()), ["compose.yaml: there is none that can be read"]);
    texts.insert(COMPOSE.to_owned(), "services: {}".to_owned());
    let found = faults(&folder(), &texts, &readme());
    assert!(found.contains(&"compose.yaml: it has no services".to_owned()), "{found:?}");
    assert!(found.contains(&"prometheus/prometheus.yml: no service of compose.yaml mounts it".to_owned()), "{found:?}");
}

#[test]
fn a_service_that_could_not_start_is_found() {
    for (right, wrong, fault) in [
        (
            "image: prom/prometheus:v3.5.0",
            "image: prom/prometheus:latest",
            "service `prometheus`: the image `prom/prometheus:latest` has no whole version as its tag",
        ),
        (
            "image: grafana/grafana:12.4.0",
            "image: grafana/grafana",
            "service `grafana`: the image `grafana/grafana` has no whole version as its tag",
        ),
        ("- jaeger\n\n", "- jager\n\n", "service `collector`: it depends on `jager`, which is no service"),
        (
            "- jaeger\n\n",
            "  jager: { condition: service_started }\n\n",
            "service `collector`: it depends on `jager`, which is no service",
        ),
        (
            "./grafana/dashboards:",
            "./grafana/boards:",
            "service `grafana`: it mounts ./grafana/boards, which does not exist",
        ),
        (
            "./grafana/dashboards:/etc/grafana/dashboards:ro",
            "/etc:/etc/grafana/dashboards:ro",
            "service `grafana`: the volume /etc:/etc/grafana/dashboards:ro is not written as ./PATH:PATH",
        ),
        (
            "./grafana/dashboards:",
            "./../../docs:",
            "service `grafana`: the volume ./../../docs:/etc/grafana/dashboards:ro is not written as ./PATH:PATH",
        ),
        (
            "--config=/etc/collector.yaml",
            "--config=/etc/collector.yml",
            "service `collector`: it reads /etc/collector.yml, which it does not mount",
        ),
        (
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--config.file=/etc/alertmanager/other.yml",
            "service `alertmanager`: it reads /etc/alertmanager/other.yml, which it does not mount",
        ),
    ] {
        is_found(COMPOSE, right, wrong, fault);
    }
}

#[test]
fn a_port_that_others_may_reach_is_found() {
    for (right, wrong, fault) in [
        (
            "\"127.0.0.1:3000:3000\"",
            "\"3000:3000\"",
            "service `grafana`: the port 3000:3000 is not written as 127.0.0.1:PORT:PORT",
        ),
        (
            "\"127.0.0.1:3000:3000\"",
            "\"0.0.0.0:3000:3000\"",
            "service `grafana`: the port 0.0.0.0:3000:3000 is not written as 127.0.0.1:PORT:PORT",
        ),
        (
            "\"127.0.0.1:3000:3000\"",
            "{ target: 3000, published: 3000 }",
            "service `grafana`: the port {\"published\":3000,\"target\":3000} is not written as 127.0.0.1:PORT:PORT",
        ),
        (
            "    ports:\n      - \"127.0.0.1:3000",
            "    network_mode: host\n    ports:\n      - \"127.0.0.1:3000",
            "service `grafana`: no check knows the setting `network_mode`",
        ),
        ("services:", "include: [other.yaml]\nservices:", "no check knows the section `include`"),
    ] {
        is_found(COMPOSE, right, wrong, fault);
    }
}

#[test]
fn a_file_that_no_container_reads_is_found() {
    for (mount, file) in [("./alertmanager:/etc/alertmanager:ro", ALERTMANAGER), ("./collector.yaml:", COLLECTOR)] {
        let found = found(COMPOSE, mount, &mount.replace("./", "./grafana/"));
        let fault = format!("{file}: no service of compose.yaml mounts it");
        assert!(found.contains(&fault), "{found:?}");
    }

    let mut texts = read(&folder()).unwrap();
    texts.insert("grafana/dashboards/more.yaml".to_owned(), "a: 1".to_owned());
    assert_eq!(faults(&folder(), &texts, &readme()), ["grafana/dashboards/more.yaml: no check knows it"]);
}

#[test]
fn a_pipeline_that_does_not_fit_is_found() {
    for (right, wrong, faults) in [
        (
            "exporters: [debug]",
            "exporters: [debugs]",
            &[
                "the pipeline `logs` has `debugs`, which is none of the exporters",
                "`debug` of the exporters is in no pipeline",
            ][..],
        ),
        (
            "receivers: [otlp]",
            "receivers: [otlp, zipkin]",
            &["the pipeline `traces` has `zipkin`, which is none of the receivers"],
        ),
        (
            "processors: [memory_limiter, batch]",
            "processors: [memory_limit, batch]",
            &["the pipeline `traces` has `memory_limit`, which is none of the processors"],
        ),
        ("  batch:\n", "  batch:\n  batch/2:\n", &["`batch/2` of the processors is in no pipeline"]),
        (
            "exporters: [prometheus]",
            "exporter: [prometheus]",
            &["the pipeline `metrics` has no exporters", "`prometheus` of the exporters is in no pipeline"],
        ),
        ("    logs:\n", "    log:\n", &["the pipeline `log` is for none of traces, metrics, logs"]),
        ("service:\n", "connectors:\nservice:\n", &["no check knows the section `connectors`"]),
    ] {
        let faults: Vec<String> = faults.iter().map(|fault| format!("{COLLECTOR}: {fault}")).collect();
        assert_eq!(found(COLLECTOR, right, wrong), faults, "{right:?} as {wrong:?}");
    }
}

#[test]
fn an_end_of_the_collector_with_nobody_on_the_other_side_is_found() {
    for (file, right, wrong, faults) in [
        (COLLECTOR, "jaeger:4317", "jager:4317", &["`jager:4317` names no service of compose.yaml"][..]),
        (COLLECTOR, "jaeger:4317", "jaeger:4318", &["`jaeger:4318`: `jaeger` offers no port 4318"]),
        (COLLECTOR, "jaeger:4317", "jaeger", &["`jaeger` has no port"]),
        (COLLECTOR, "jaeger:4317", "localhost:4317", &["`localhost:4317` names no service of compose.yaml"]),
        (
            COLLECTOR,
            "0.0.0.0:4318",
            "localhost:4318",
            &[
                "`localhost:4318` is not 0.0.0.0 and a port, which others could reach",
                "nothing listens on port 4318, which `collector` of compose.yaml offers",
            ],
        ),
        (
            COLLECTOR,
            "0.0.0.0:8889",
            "0.0.0.0:8890",
            &[
                "`collector` of compose.yaml does not offer port 8890",
                "nothing listens on port 8889, which `collector` of compose.yaml offers",
            ],
        ),
        (
            COLLECTOR,
            "host: 0.0.0.0",
            "host: localhost",
            &[
                "`localhost:8888` is not 0.0.0.0 and a port, which others could reach",
                "nothing listens on port 8888, which `collector` of compose.yaml offers",
            ],
        ),
        (
            COMPOSE,
            "      - \"127.0.0.1:4318:4318\"",
            "     ",
            &["`collector` of compose.yaml does not offer port 4318"],
        ),
    ] {
        let faults: Vec<String> = faults.iter().map(|fault| format!("{COLLECTOR}: {fault}")).collect();
        assert_eq!(found(file, right, wrong), faults, "{right:?} as {wrong:?}");
    }
}

#[test]
fn a_target_that_is_not_there_is_found() {
    for (right, wrong, fault) in [
        ("collector:8889", "colector:8889", "`colector:8889` names no service of compose.yaml"),
        ("collector:8889", "collector:8887", "`collector:8887`: `collector` offers no port 8887"),
        ("host.docker.internal:63012", "127.0.0.1:63012", "`127.0.0.1:63012` names no service of compose.yaml"),
        ("alertmanager:9093", "alerts:9093", "`alerts:9093` names no service of compose.yaml"),
        ("alertmanager:9093", "alertmanager:9094", "`alertmanager:9094`: `alertmanager` offers no port 9094"),
    ] {
        is_found(PROMETHEUS, right, wrong, fault);
    }
    let found = found(COMPOSE, "host.docker.internal:host-gateway", "other:host-gateway");
    let fault = "`host.docker.internal:63012` needs host.docker.internal among the extra_hosts of `prometheus`";
    assert_eq!(found, [format!("{PROMETHEUS}: {fault}")]);
}

#[test]
fn a_data_source_that_leads_nowhere_is_found() {
    for (right, wrong, fault) in [
        (
            "datasourceUid: jaeger",
            "datasourceUid: tempo",
            "data source `Prometheus`: no data source has the uid `tempo`",
        ),
        (
            "http://prometheus:9090",
            "http://prom:9090/",
            "data source `Prometheus`: `http://prom:9090/` names no service of compose.yaml",
        ),
        (
            "http://prometheus:9090",
            "http://prometheus:9091/api",
            "data source `Prometheus`: `http://prometheus:9091/api`: `prometheus` offers no port 9091",
        ),
        (
            "alertmanagerUid: alertmanager",
            "alertmanagerUid: manager",
            "data source `Prometheus`: no data source has the uid `manager`",
        ),
        ("    uid: prometheus\n", "", "data source `Prometheus`: it has no uid"),
    ] {
        is_found(SOURCE, right, wrong, fault);
    }
    assert_eq!(
        found(TRACES, "uid: jaeger", "uid: prometheus"),
        [
            format!("{TRACES}: data source `Jaeger`: another has the uid `prometheus` too"),
            format!("{SOURCE}: data source `Prometheus`: another has the uid `prometheus` too"),
            format!("{SOURCE}: data source `Prometheus`: no data source has the uid `jaeger`"),
        ]
    );
}

#[test]
fn a_folder_of_dashboards_that_is_not_mounted_is_found() {
    let fault = "/etc/grafana/boards is no folder that `grafana` mounts";
    is_found(PROVIDER, "/etc/grafana/dashboards", "/etc/grafana/boards", fault);
}

#[test]
fn rules_that_nobody_loads_are_found() {
    let alone = "`other/*.rules.yaml` matches no rules that `prometheus` mounts";
    is_found(PROMETHEUS, "[\"*.rules.yaml\"]", "[\"*.rules.yaml\", \"other/*.rules.yaml\"]", alone);
    let single = found(PROMETHEUS, "[\"*.rules.yaml\"]", "[\"s*.rules.yaml\"]");
    assert!(single.contains(&format!("{PROMETHEUS}: no pattern of rule_files matches prometheus/http.rules.yaml")));
    assert!(!single.contains(&format!("{PROMETHEUS}: no pattern of rule_files matches {RULES}")), "{single:?}");
    let tests = found(PROMETHEUS, "[\"*.rules.yaml\"]", "[\"*.yaml\"]");
    assert!(tests.contains(&format!("{PROMETHEUS}: `*.yaml` matches {TESTS}, which has no rules")), "{tests:?}");

    let whole = found(PROMETHEUS, "[\"*.rules.yaml\"]", "[\"/etc/prometheus/*.rules.yaml\"]");
    assert_eq!(whole, [""; 0]);
    let config = "./prometheus/prometheus.yml:/etc/prometheus/prometheus.yml:ro";
    let config_alone = found(COMPOSE, "./prometheus:/etc/prometheus:ro", config);
    let fault = format!("{PROMETHEUS}: `*.rules.yaml` matches no rules that `prometheus` mounts");
    assert!(config_alone.contains(&fault), "{config_alone:?}");
}

#[test]
fn an_alert_that_leaves_its_reader_alone_is_found() {
    for (right, wrong, fault) in [
        ("severity: page", "severity: urgent", "`JobDown` has no severity of page, ticket"),
        ("          summary: \"No instance", "          title: \"No instance", "`JobDown` has no summary"),
        ("          description: \"All", "          text: \"All", "`JobDown` has no description"),
        (
            "README.md#scrapes-fail",
            "README.md#scrapes",
            "`JobDown` has no runbook that is examples/observability/README.md# and a section of it",
        ),
        ("- alert: JobDown", "- alerts: JobDown", "a rule has no name"),
    ] {
        let found = found(RULES, right, wrong);
        assert!(found.contains(&format!("{RULES}: {fault}")), "{right:?} as {wrong:?}: {found:?}");
    }
}

/// What is found when lines of a file stand differently, wherever they are.
fn found_everywhere(file: &str, change: impl Fn(&str) -> String) -> Vec<String> {
    let mut texts = read(&folder()).unwrap();
    let text = texts.get_mut(file).unwrap();
    let changed = change(text);
    assert_ne!(*text, changed);
    *text = changed;
    faults(&folder(), &texts, &readme())
}

#[test]
fn a_rule_without_a_test_is_found() {
    let recorded = "prometheus/runtime.rules.yaml";
    let tests_of_recorded = "prometheus/runtime.rules.test.yaml";
    let fires =
        found_everywhere(TESTS, |text| text.replace("exp_labels: { severity: page, job: shop }", "exp_labels: {}"));
    assert_eq!(fires, [format!("{RULES}: `JobDown` has no test in which it fires with labels")]);

    let silent = "alertname: ScrapesSlow\n        eval_time: 20m\n        exp_alerts: []";
    let silent = found_everywhere(TESTS, |text| {
        text.replace(silent, "alertname: ScrapesMissed").replace(
            "alertname: ScrapesSlow\n        eval_time: 4m\n        exp_alerts: []",
            "alertname: ScrapesMissed",
        )
    });
    assert_eq!(silent, [format!("{RULES}: `ScrapesSlow` has no test in which it is silent")]);

    for other in ["job_instance:process_open_fds:ratio_rate5m", "a_job_instance:process_open_fds:ratio"] {
        let value = found_everywhere(tests_of_recorded, |text| {
            text.replace(
                "- expr: round(job_instance:process_open_fds:ratio, 0.001)\n",
                &format!("- expr: round({other}, 0.001)\n"),
            )
        });
        let fault = "`job_instance:process_open_fds:ratio` has no test of a value";
        assert_eq!(value, [format!("{recorded}: {fault}")]);
    }

    let unknown = found(TESTS, "alertname: TargetDown", "alertname: TargetsDown");
    assert_eq!(unknown, [format!("{TESTS}: no rule is called `TargetsDown`")]);

    let mut texts = read(&folder()).unwrap();
    texts.remove(TESTS);
    assert_eq!(faults(&folder(), &texts, &readme()), [format!("{RULES}: {TESTS} is missing")]);
}

#[test]
fn a_name_that_two_rules_have_is_found() {
    let found = found(RULES, "- alert: JobDown", "- alert: TokioWorkersBusy");
    let fault = format!("{RULES}: `TokioWorkersBusy` is a rule of prometheus/runtime.rules.yaml already");
    assert!(found.contains(&fault), "{found:?}");
}

#[test]
fn an_alert_that_there_is_not_is_found_in_alertmanagers_rules() {
    let fault = "it names the alert `InstanceDown`, which no rule has";
    is_found(ALERTMANAGER, "'alertname=\"TargetDown\"'", "'alertname=\"InstanceDown\"'", fault);
}
