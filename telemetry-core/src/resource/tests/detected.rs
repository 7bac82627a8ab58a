use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use super::super::process::{file_name, iso_8601};
use super::super::system::{host_arch, os_type, release_field};
use super::super::{MAX_DETECTED, is_credible};
use super::*;
use crate::semconv::resource::ALL;

fn detected() -> Resource {
    resource(&environment_of(&[]), None, Vec::new(), true)
}

#[test]
fn co_24_only_listed_attributes_are_detected_and_none_that_may_be_secret() {
    let (with, without) = (detected(), from_environment(&[]));
    let added: BTreeSet<_> =
        with.iter().map(|(key, _)| key.as_str()).filter(|key| value(&without, key).is_none()).collect();
    assert!(added.is_subset(&ALL.iter().copied().collect()), "{added:?}");
    for secret in ["process.command", "process.executable.path", "process.owner", "process.environment", "host.id"] {
        assert!(!added.iter().any(|key| key.starts_with(secret)), "{added:?}");
    }
}

#[test]
fn co_22_the_instance_has_a_random_id_that_all_setups_of_the_process_share() {
    let id = value(&detected(), "service.instance.id").unwrap();
    let parsed = uuid::Uuid::parse_str(&id).unwrap();
    assert_eq!((parsed.get_version_num(), parsed.get_variant()), (4, uuid::Variant::RFC4122));
    assert_eq!(parsed.to_string(), id);
    assert_eq!(value(&detected(), "service.instance.id"), Some(id));
    assert_eq!(value(&from_environment(&[]), "service.instance.id"), None);
}

#[test]
fn co_22_another_process_has_another_id() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "resource::tests::detected::prints_the_instance", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = output.split_once("instance=").expect("the child prints its id");
    let other = rest.lines().next().unwrap();
    assert!(uuid::Uuid::parse_str(other).is_ok(), "{other}");
    assert_ne!(Some(other), value(&detected(), "service.instance.id").as_deref());
}

#[test]
#[ignore = "the other half of the test on ids of processes, run by it"]
fn prints_the_instance() {
    println!("instance={}", value(&detected(), "service.instance.id").unwrap());
}

#[test]
fn co_23_the_process_and_the_system_are_found() {
    let resource = detected();
    let pid = resource.get(&Key::from_static_str("process.pid"));
    assert_eq!(pid, Some(Value::I64(std::process::id().into())));
    let name = value(&resource, "process.executable.name").unwrap();
    assert_eq!(name_of(&resource), format!("unknown_service:{name}"));
    assert_eq!(value(&resource, "os.type").unwrap(), os_type(std::env::consts::OS));
    assert_eq!(value(&resource, "host.arch").unwrap(), host_arch(std::env::consts::ARCH));
}

#[cfg(target_os = "linux")]
#[test]
fn co_23_linux_tells_its_host_and_its_build() {
    let resource = detected();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(value(&resource, "host.name").unwrap(), host.trim());
    assert!(value(&resource, "os.build_id").is_some());
}

#[cfg(target_os = "linux")]
#[test]
fn co_23_the_process_was_created_lately_and_once() {
    let created = value(&detected(), "process.creation.time").unwrap();
    let now = std::time::SystemTime::now();
    let earliest = iso_8601(now - Duration::from_secs(600)).unwrap();
    assert!(earliest < created && created <= iso_8601(now).unwrap(), "{created}");
    while now.elapsed().unwrap() < Duration::from_millis(5) {
        assert_eq!(value(&detected(), "process.creation.time").as_ref(), Some(&created));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn co_23_the_start_is_read_behind_any_name_of_a_process() {
    use super::super::process::began;
    const UPTIME: &str = "86400.25 170000.50\n";
    let stat =
        |ticks: &str| format!("4711 (a) S 1 2) R 1 4711 4711 0 -1 9 100 0 0 0 1 2 3 4 20 0 1 0 {ticks} 1000 10 99\n");
    let (boot, later) = (began(&stat("0"), UPTIME).unwrap(), began(&stat("1000"), UPTIME).unwrap());
    let seconds = later.duration_since(boot).unwrap().as_secs();
    assert!((5..15).contains(&seconds), "{seconds}");
    // Ten of these are more than 2^64.
    let endless = (1_u64 << 62).to_string();
    let in_future = (u64::MAX / 1000).to_string();
    for text in ["", "4711 (a", "4711 (a) R 1", &stat(&endless), &stat(&in_future), &stat("-1")] {
        assert_eq!(began(text, UPTIME), None, "{text}");
    }
    for uptime in ["", "up", "-1.00 2.00", "1e300 1.0", "NaN 1"] {
        assert_eq!(began(&stat("0"), uptime), None, "{uptime}");
    }
}

#[test]
fn co_23_an_executable_that_was_replaced_keeps_its_name() {
    let name = |path: &str| file_name(Path::new(path));
    assert_eq!(name("/srv/bin/shop").as_deref(), Some("shop"));
    assert_eq!(name("/srv/bin/shop (deleted)").as_deref(), Some("shop"));
    assert_eq!(name("/"), None);
}

#[test]
fn co_23_times_are_written_in_iso_8601() {
    let at = |seconds: u64, millis: u64| iso_8601(UNIX_EPOCH + Duration::from_millis(seconds * 1000 + millis));
    assert_eq!(at(0, 0).unwrap(), "1970-01-01T00:00:00.000Z");
    assert_eq!(at(951_782_400, 0).unwrap(), "2000-02-29T00:00:00.000Z");
    assert_eq!(at(1_700_558_734, 853).unwrap(), "2023-11-21T09:25:34.853Z");
    assert_eq!(at(1_735_689_599, 999).unwrap(), "2024-12-31T23:59:59.999Z");
    assert_eq!(at(4_107_542_400, 0).unwrap(), "2100-03-01T00:00:00.000Z");
    assert_eq!(at(253_402_300_799, 0).unwrap(), "9999-12-31T23:59:59.000Z");
    assert_eq!(at(253_402_300_800, 0), None);
    assert_eq!(iso_8601(UNIX_EPOCH - Duration::from_secs(1)), None);
}

#[test]
fn co_41_architectures_and_systems_have_the_conventions_names() {
    let arches = ["x86_64", "aarch64", "arm", "powerpc", "powerpc64", "x86", "s390x", "riscv64"];
    assert_eq!(arches.map(host_arch), ["amd64", "arm64", "arm32", "ppc32", "ppc64", "x86", "s390x", "riscv64"]);
    let systems = ["linux", "android", "macos", "ios", "windows", "freebsd", "dragonfly", "illumos", "haiku"];
    let expected = ["linux", "linux", "darwin", "darwin", "windows", "freebsd", "dragonflybsd", "solaris", "haiku"];
    assert_eq!(systems.map(os_type), expected);
}

#[test]
fn co_23_os_release_is_read_as_a_shell_reads_it() {
    let text = "PRETTY_NAME=\"Say \\\"Linux\\\" 12\"\r\n# NAME=no\nNAME='It is \\n'\nID=debian\nVERSION_ID=12\nVERSION_ID=\"13\" \n\nBUILD_ID=\"cut\nOPEN=\"\nEND=\"a\\\"\nEMPTY=\n";
    let field = |name| release_field(text, name);
    assert_eq!(field("PRETTY_NAME").as_deref(), Some("Say \"Linux\" 12"));
    assert_eq!(field("NAME").as_deref(), Some("It is \\n"));
    assert_eq!(field("ID").as_deref(), Some("debian"));
    assert_eq!(field("VERSION_ID").as_deref(), Some("13"));
    assert_eq!(field("EMPTY").as_deref(), Some(""));
    assert_eq!(["BUILD_ID", "OPEN", "END", "VERSION"].map(field), [None, None, None, None]);
}

#[test]
fn co_23_a_value_that_is_blank_or_without_end_is_not_found() {
    assert!(is_credible(&Value::from("a".repeat(MAX_DETECTED))));
    assert!(!is_credible(&Value::from("a".repeat(MAX_DETECTED + 1))));
    assert!(!is_credible(&Value::from(" \n")));
}

#[cfg(unix)]
#[test]
fn co_23_a_file_is_read_whole_or_not_at_all() {
    use super::super::file::{MAX_LENGTH, read};
    let path = std::env::temp_dir().join(format!("telemetry-core-resource-{}", std::process::id()));
    let text = |length: u64| {
        std::fs::write(&path, vec![b'a'; usize::try_from(length).unwrap()]).unwrap();
        read(path.to_str().unwrap()).map(|text| text.len())
    };
    let lengths = [text(0), text(MAX_LENGTH), text(MAX_LENGTH + 1)];
    std::fs::remove_file(&path).unwrap();
    assert_eq!(lengths, [Some(0), Some(256 * 1024), None]);
    assert_eq!(read("/nowhere/at/all"), None);
    #[cfg(target_os = "linux")]
    assert_eq!(read("/dev/zero"), None);
}
