use super::Detected;
use super::file::read;
use crate::semconv::resource::CONTAINER_ID;

pub(super) fn attributes() -> [Detected; 1] {
    let id = read("/proc/self/cgroup")
        .and_then(|cgroup| id_of_cgroup(&cgroup).map(str::to_owned))
        .or_else(|| read("/proc/self/mountinfo").and_then(|mounts| id_of_mounts(&mounts).map(str::to_owned)));
    [(CONTAINER_ID, id.map(Into::into))]
}

/// The container that the path of a control group names, in `hierarchy:controllers:path`. Of containers in containers it
/// is the innermost. In a namespace of its own the process sees no path, which is usual with version 2.
pub(super) fn id_of_cgroup(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.splitn(3, ':').nth(2)?.rsplit('/').find_map(id_of_group))
}

/// `<id>`, `docker-<id>.scope`, `libpod-<id>.scope`, `<slice>:cri-containerd:<id>`, and on Amazon's ECS `<task>-<number>`.
fn id_of_group(name: &str) -> Option<&str> {
    let name = name.strip_suffix(".scope").unwrap_or(name);
    let is_of_ecs = |(task, number): (&str, &str)| {
        is_hex(task, 32) && (8..=12).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    if name.split_once('-').is_some_and(is_of_ecs) {
        return Some(name);
    }
    name.rsplit([':', '-']).next().filter(|id| is_id(id))
}

/// The container whose files are mounted over those of the image: Docker, Podman and nerdctl keep them in a directory
/// that is called after it.
///
/// In Kubernetes that directory belongs to the sandbox which the containers of a pod share, so nothing there tells the
/// container.
pub(super) fn id_of_mounts(text: &str) -> Option<&str> {
    if mounts(text).any(|(root, target)| target == "/dev/termination-log" || root.ends_with("/etc-hosts")) {
        return None;
    }
    mounts(text)
        .filter(|(_, target)| ["/etc/hostname", "/run/.containerenv"].contains(target))
        .find_map(|(root, _)| root.split('/').skip_while(|name| !name.ends_with("containers")).find(|name| is_id(name)))
}

/// What is mounted, and where: the fourth and the fifth field of a line.
fn mounts(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(3);
        fields.next().zip(fields.next())
    })
}

fn is_id(text: &str) -> bool {
    is_hex(text, 64)
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
