//! The sockets and the threads of a process, as Linux shows them.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};

const TABLES: [&str; 4] = ["tcp", "tcp6", "udp", "udp6"];
const LISTENS: &str = "0A";
/// The kernel cuts the names of threads to so many bytes.
const LONGEST_NAME: usize = 15;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Socket {
    pub(super) local: u16,
    pub(super) remote: u16,
    pub(super) listens: bool,
    inode: u64,
}

/// Those of the Internet that are open in the process.
pub(super) fn sockets(process: u32) -> Result<Vec<Socket>> {
    let folder = format!("/proc/{process}/fd");
    let mut inodes = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {folder}"))? {
        // It may have been closed since.
        let Ok(target) = std::fs::read_link(entry?.path()) else { continue };
        inodes.extend(inode(&target));
    }
    let mut sockets = Vec::new();
    for table in TABLES {
        let file = format!("/proc/{process}/net/{table}");
        // Without version 6 there are no tables of it.
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for line in text.lines().skip(1) {
            let socket = socket(line).with_context(|| format!("odd line in {file}: {line}"))?;
            sockets.extend(Some(socket).filter(|socket| inodes.contains(&socket.inode)));
        }
    }
    Ok(sockets)
}

/// Whether the process has a thread of that name.
pub(super) fn has_thread(process: u32, name: &str) -> Result<bool> {
    let folder = format!("/proc/{process}/task");
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {folder}"))? {
        // It may have ended since.
        let Ok(thread) = std::fs::read_to_string(entry?.path().join("comm")) else { continue };
        if is_called(thread.trim_end(), name) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_called(thread: &str, name: &str) -> bool {
    thread == &name[..name.len().min(LONGEST_NAME)]
}

fn inode(target: &Path) -> Option<u64> {
    target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

fn socket(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let port = |field: &str| u16::from_str_radix(field.rsplit_once(':')?.1, 16).ok();
    Some(Socket {
        local: port(fields.get(1)?)?,
        remote: port(fields.get(2)?)?,
        listens: *fields.get(3)? == LISTENS,
        inode: fields.get(9)?.parse().ok()?,
    })
}

#[cfg(test)]
impl Socket {
    pub(super) fn of(local: u16, listens: bool) -> Self {
        Self { local, remote: 0, listens, inode: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_table_are_read() {
        let line =
            "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4711 1 0";
        let expected = Socket { local: 8080, remote: 50000, listens: false, inode: 4711 };
        assert_eq!(socket(line), Some(expected));
        assert_eq!(socket(&line.replace(" 01 ", " 0A ")), Some(Socket { listens: true, ..expected }));
        assert_eq!(socket("   1: 0100007F:1F90"), None);
        assert_eq!(inode(Path::new("socket:[4711]")), Some(4711));
        assert_eq!(inode(Path::new("/dev/null")), None);
    }

    #[test]
    fn names_of_threads_are_cut() {
        assert!(is_called("telemetry-expor", "telemetry-export"));
        assert!(is_called("main", "main"));
        assert!(!is_called("tokio-rt-worker", "telemetry-export"));
    }

    #[test]
    fn our_own_sockets_are_seen() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = sockets(std::process::id()).unwrap();
        assert!(found.iter().any(|socket| socket.local == port && socket.listens), "{found:?}");
    }
}
