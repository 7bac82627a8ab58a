//! The log for people.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::child;
use crate::receiver::Receiver;
use crate::row::Case;

/// A setting of terminals, which the lines obey.
pub(crate) const TERMINAL: [&str; 1] = ["NO_COLOR"];

/// What a child writes to a terminal.
fn written(case: &Case) -> String {
    let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&near).unwrap();
    unlockpt(&near).unwrap();
    let far = ptsname(&near, Vec::new()).unwrap();
    let far = File::options().read(true).write(true).open(far.to_str().unwrap()).unwrap();
    let mut command = child::command(case);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::from(OwnedFd::from(far))).spawn().unwrap();
    // Ours would keep the terminal open.
    drop(command);
    let mut text = Vec::new();
    // A terminal that nobody has open any more is an error to whoever reads it.
    let _ = File::from(near).read_to_end(&mut text);
    assert!(child.wait().unwrap().success());
    String::from_utf8(text).unwrap()
}

#[test]
fn in_a_terminal_the_log_is_text_with_ids_and_colours() {
    let receiver = Receiver::start();
    let text = written(&Case::of([("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url())]));
    let span = receiver.spans().concat().remove(0);
    let trace: String = span.trace_id.iter().map(|byte| format!("{byte:02x}")).collect();
    let line = text.lines().find(|line| line.contains("probe")).unwrap();
    assert!(!line.starts_with('{') && line.contains(&trace) && line.contains('\u{1b}'), "{line:?}");
}

#[test]
fn no_color_is_obeyed() {
    let text = written(&Case::of([("NO_COLOR", "1")]));
    assert!(text.contains("probe") && !text.contains('\u{1b}'), "{text:?}");
    assert!(written(&Case::of([("NO_COLOR", "")])).contains('\u{1b}'));
}
