use std::path::Path;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Detected;
use crate::semconv::resource::{PROCESS_CREATION_TIME, PROCESS_EXECUTABLE_NAME, PROCESS_PID, SERVICE_INSTANCE_ID};

pub(super) fn attributes() -> [Detected; 4] {
    // These say who the process is, so they are the same for each setup in it.
    static INSTANCE_ID: OnceLock<Option<String>> = OnceLock::new();
    static CREATION_TIME: OnceLock<Option<String>> = OnceLock::new();
    [
        (SERVICE_INSTANCE_ID, INSTANCE_ID.get_or_init(random_uuid).clone().map(Into::into)),
        (PROCESS_PID, Some(i64::from(std::process::id()).into())),
        (PROCESS_EXECUTABLE_NAME, executable_name().map(Into::into)),
        (PROCESS_CREATION_TIME, CREATION_TIME.get_or_init(|| created().and_then(iso_8601)).clone().map(Into::into)),
    ]
}

fn random_uuid() -> Option<String> {
    let mut bytes = [0; 16];
    // `Uuid::new_v4` would panic on a system without random numbers.
    getrandom::fill(&mut bytes).ok()?;
    Some(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

pub(super) fn executable_name() -> Option<String> {
    file_name(&std::env::current_exe().ok()?)
}

pub(super) fn file_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    // So Linux marks a file that was replaced while it ran.
    Some(name.strip_suffix(" (deleted)").unwrap_or(&name).to_owned())
}

/// In how many parts the kernel divides a second where it tells times to programs: the same on all architectures that
/// Rust knows with Linux.
#[cfg(target_os = "linux")]
const USER_HZ: u64 = 100;

#[cfg(target_os = "linux")]
fn created() -> Option<SystemTime> {
    began(&super::file::read("/proc/self/stat")?, &super::file::read("/proc/uptime")?)
}

#[cfg(not(target_os = "linux"))]
fn created() -> Option<SystemTime> {
    None
}

/// Now, less the time since a process began. Both ends of that are told in time since the boot: of the process in the
/// 22nd field of `/proc/<pid>/stat`, whose second one may hold anything, and of now in the first of `/proc/uptime`.
#[cfg(target_os = "linux")]
pub(super) fn began(stat: &str, uptime: &str) -> Option<SystemTime> {
    use std::time::Duration;

    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks: u64 = fields.split(' ').nth(19)?.parse().ok()?;
    let begin = Duration::from_millis(ticks.checked_mul(1000 / USER_HZ)?);
    let now = Duration::try_from_secs_f64(uptime.split(' ').next()?.parse().ok()?).ok()?;
    SystemTime::now().checked_sub(now.checked_sub(begin)?)
}

/// In UTC with milliseconds, for a time in the years 1970 to 9999.
pub(super) fn iso_8601(time: SystemTime) -> Option<String> {
    const YEAR_10_000: u64 = 253_402_300_800;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    let seconds = since.as_secs();
    if seconds >= YEAR_10_000 {
        return None;
    }
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let millis = since.subsec_millis();
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"))
}

/// The date of a day that is counted from 1970-01-01.
fn date(mut day: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    while day >= days_of_months(year).iter().sum() {
        day -= days_of_months(year).iter().sum::<u64>();
        year += 1;
    }
    let mut month = 1;
    for days in days_of_months(year) {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    (year, month, day + 1)
}

fn days_of_months(year: u64) -> [u64; 12] {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}
