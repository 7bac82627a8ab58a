use std::fs::File;
use std::io::Read;

/// The longest file that is read, in bytes. A longer one is not what it should be: the mounts of a container are few.
pub(super) const MAX_LENGTH: u64 = 256 * 1024;

/// The text of a file that Unix systems have, with U+FFFD for what is no UTF-8.
pub(super) fn read(path: &str) -> Option<String> {
    // Elsewhere anyone may have made a file of that name.
    if !cfg!(unix) {
        return None;
    }
    let mut bytes = Vec::new();
    let length = File::open(path).ok()?.take(MAX_LENGTH + 1).read_to_end(&mut bytes).ok()?;
    (u64::try_from(length).ok()? <= MAX_LENGTH).then(|| String::from_utf8_lossy(&bytes).into_owned())
}
