use std::env::consts;

use super::Detected;
use super::file::read;
use crate::semconv::resource::{HOST_ARCH, HOST_NAME, OS_BUILD_ID, OS_DESCRIPTION, OS_NAME, OS_TYPE, OS_VERSION};
use crate::settings::Settings;

pub(super) fn attributes(settings: &Settings) -> [Detected; 7] {
    let release = read("/etc/os-release").or_else(|| read("/usr/lib/os-release")).unwrap_or_default();
    let build = release_field(&release, "BUILD_ID")
        .or_else(|| read("/proc/sys/kernel/osrelease").map(|release| release.trim().to_owned()));
    [
        (HOST_NAME, host_name(settings).map(Into::into)),
        (HOST_ARCH, Some(host_arch(consts::ARCH).into())),
        (OS_TYPE, Some(os_type(consts::OS).into())),
        (OS_NAME, release_field(&release, "NAME").map(Into::into)),
        (OS_VERSION, release_field(&release, "VERSION_ID").map(Into::into)),
        (OS_DESCRIPTION, release_field(&release, "PRETTY_NAME").map(Into::into)),
        (OS_BUILD_ID, build.map(Into::into)),
    ]
}

#[cfg(unix)]
fn host_name(_: &Settings) -> Option<String> {
    Some(rustix::system::uname().nodename().to_string_lossy().into_owned())
}

#[cfg(not(unix))]
fn host_name(settings: &Settings) -> Option<String> {
    settings.text("COMPUTERNAME")
}

/// The convention's name of an architecture of Rust, or Rust's own where it has none.
pub(super) fn host_arch(arch: &'static str) -> &'static str {
    match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc" => "ppc32",
        "powerpc64" => "ppc64",
        other => other,
    }
}

/// The convention's name of an operating system of Rust, or Rust's own where it has none.
pub(super) fn os_type(os: &'static str) -> &'static str {
    match os {
        "android" => "linux",
        "macos" | "ios" | "tvos" | "watchos" | "visionos" => "darwin",
        "dragonfly" => "dragonflybsd",
        "illumos" => "solaris",
        other => other,
    }
}

/// A field of `os-release`, whose lines are assignments of a shell. As there, the last one of a name counts.
pub(super) fn release_field(text: &str, name: &str) -> Option<String> {
    let mut values = text.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='));
    unquote(values.next_back()?)
}

fn unquote(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix('\'') {
        return rest.strip_suffix('\'').map(str::to_owned);
    }
    let Some(rest) = text.strip_prefix('"') else {
        return Some(text.to_owned());
    };
    let mut unquoted = String::new();
    let mut letters = rest.strip_suffix('"')?.chars();
    while let Some(letter) = letters.next() {
        unquoted.push(if letter == '\\' { letters.next()? } else { letter });
    }
    Some(unquoted)
}
