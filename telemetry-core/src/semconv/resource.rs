//! Names of the attributes that a resource has, beside [`SERVICE_NAME`](super::attribute::SERVICE_NAME).

/// The id of the container that the process runs in. Stable.
pub const CONTAINER_ID: &str = "container.id";
/// The architecture of the host's processor: `amd64`, `arm64`. Development.
pub const HOST_ARCH: &str = "host.arch";
/// The name of the host. Development.
pub const HOST_NAME: &str = "host.name";
/// What tells one build of the operating system from another. Development.
pub const OS_BUILD_ID: &str = "os.build_id";
/// Name and version of the operating system, for people. Development.
pub const OS_DESCRIPTION: &str = "os.description";
/// The name of the operating system, for people. Development.
pub const OS_NAME: &str = "os.name";
/// The kind of operating system: `linux`, `darwin`, `windows`. Development.
pub const OS_TYPE: &str = "os.type";
/// The version of the operating system. Development.
pub const OS_VERSION: &str = "os.version";
/// When the process began, in ISO 8601. Release candidate.
pub const PROCESS_CREATION_TIME: &str = "process.creation.time";
/// The name of the executable file, without its directory. Release candidate.
pub const PROCESS_EXECUTABLE_NAME: &str = "process.executable.name";
/// The id of the process, as a number. Release candidate.
pub const PROCESS_PID: &str = "process.pid";
/// What tells one instance of a service from all others. Stable.
pub const SERVICE_INSTANCE_ID: &str = "service.instance.id";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    CONTAINER_ID,
    HOST_ARCH,
    HOST_NAME,
    OS_BUILD_ID,
    OS_DESCRIPTION,
    OS_NAME,
    OS_TYPE,
    OS_VERSION,
    PROCESS_CREATION_TIME,
    PROCESS_EXECUTABLE_NAME,
    PROCESS_PID,
    SERVICE_INSTANCE_ID,
];
