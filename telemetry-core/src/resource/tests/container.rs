use super::super::container::{id_of_cgroup, id_of_mounts};

const ID: &str = "3f8b1c9d5e7a2046b8d1f3a59c7e0b24d6f8a1c35e79b0d2f4a6c8e01b3d5f79";
const OTHER: &str = "aa8b1c9d5e7a2046b8d1f3a59c7e0b24d6f8a1c35e79b0d2f4a6c8e01b3d5faa";

/// The sample with `ID` and `OTHER` in their places.
fn sample(text: &str) -> String {
    text.replace("<ID>", ID).replace("<OTHER>", OTHER)
}

#[test]
fn co_23_a_control_group_names_the_container() {
    let samples = [
        // Docker, version 1 and 2, with either driver.
        "12:pids:/docker/<ID>\n11:cpu,cpuacct:/docker/<ID>\n1:name=systemd:/docker/<ID>\n0::/system.slice/docker.service\n",
        "0::/system.slice/docker-<ID>.scope\n",
        "0::/docker/<ID>\n",
        // The first lines may know nothing.
        "13:rdma:/\n12:misc:/\n11:memory:/docker/<ID>\n",
        // Docker in Docker: the inner one.
        "4:memory:/docker/<OTHER>/docker/<ID>\n",
        // A group that the container made for itself.
        "0::/docker/<ID>/init.scope\n",
        // Kubernetes with containerd, CRI-O and Docker.
        "11:memory:/kubepods/burstable/pod2c48913c-b29f-11e7-9350-020968147796/<ID>\n",
        "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod2c48913c_b29f_11e7.slice/cri-containerd-<ID>.scope\n",
        "10:cpuset:/system.slice/containerd.service/kubepods-besteffort-pod2c48913c.slice:cri-containerd:<ID>\n",
        "0::/kubepods.slice/kubepods-pod2c48913c_b29f.slice/crio-<ID>.scope\n",
        "0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod2c48913c.slice/docker-<ID>.scope",
        "0::/../cri-containerd-<ID>.scope\n",
        // Podman, with and without root, and from a unit of systemd.
        "1:name=systemd:/machine.slice/libpod-<ID>.scope\n",
        "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-<ID>.scope/container\n",
        "0::/system.slice/shop.service/libpod-payload-<ID>\n",
        // Amazon's ECS on machines of one's own.
        "9:perf_event:/ecs/2c48913cb29f11e79350020968147796/<ID>\n",
    ];
    for text in samples {
        assert_eq!(id_of_cgroup(&sample(text)), Some(ID), "{text}");
    }
    let fargate = "9:perf_event:/ecs/2c48913cb29f11e79350020968147796/2c48913cb29f11e79350020968147796-2471234567\n";
    assert_eq!(id_of_cgroup(fargate), Some("2c48913cb29f11e79350020968147796-2471234567"));
}

#[test]
fn co_23_a_control_group_of_a_host_names_none() {
    let samples = [
        "",
        "\n\n::\n:::::\n/\n",
        "0::/\n",
        "0::/init.scope\n",
        "0::/user.slice/user-1000.slice/session-3.scope\n",
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-shell-0267755b-4639-4a27-90ed-f19f88e53748.scope\n",
        "12:memory:/system.slice/shop.service\n1:name=systemd:/system.slice/shop.service\n",
        // An id of 32 digits alone, one in capitals, one that is cut and one that is too long.
        "4:memory:/jobs/ef6334c50dfe53c65f011b8d3f1fcbfd\n",
        "4:memory:/docker/3F8B1C9D5E7A2046B8D1F3A59C7E0B24D6F8A1C35E79B0D2F4A6C8E01B3D5F79\n",
        "4:memory:/docker/3f8b1c9d5e7a2046b8d1f3a59c7e0b24d6f8a1c35e79b0d2f4a6c8e01b3d5f7\n",
        "4:memory:/docker/<ID>0\n",
        // No line of a control group.
        "<ID>\n/docker/<ID>\n4:memory\n",
    ];
    for text in samples {
        assert_eq!(id_of_cgroup(&sample(text)), None, "{text}");
    }
    let endless = format!("4:memory:/docker/{}\n5:cpu:{}\n", "a".repeat(200_000), "/-:".repeat(50_000));
    assert_eq!(id_of_cgroup(&endless), None);
}

const ROOT: &str = "1574 1573 0:331 / / rw,relatime master:465 - overlay overlay rw,lowerdir=/var/lib/l/AB:/var/lib/l/CD\n1575 1574 0:334 / /proc rw,nosuid - proc proc rw\n1583 1577 0:30 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n";

#[test]
fn co_23_a_mounted_file_names_the_container() {
    let samples = [
        // Docker, also where its directory is a file system of its own.
        "1590 1574 259:1 /var/lib/docker/containers/<ID>/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/nvme0n1p1 rw\n1591 1574 259:1 /var/lib/docker/containers/<ID>/hostname /etc/hostname rw,relatime - ext4 /dev/nvme0n1p1 rw\n",
        "1591 1574 259:2 /containers/<ID>/hostname /etc/hostname rw,relatime - ext4 /dev/nvme1n1 rw\n",
        // Podman with and without root, and with hosts that belong to another container.
        "700 680 0:25 /containers/storage/overlay-containers/<ID>/userdata/hostname /etc/hostname rw,nosuid - tmpfs tmpfs rw\n",
        "700 680 0:47 /containers/overlay-containers/<ID>/userdata/.containerenv /run/.containerenv rw,nosuid - tmpfs tmpfs rw\n",
        "699 680 0:25 /containers/storage/vfs-containers/<OTHER>/userdata/hosts /etc/hosts rw - tmpfs tmpfs rw\n700 680 0:25 /containers/storage/vfs-containers/<ID>/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw\n",
        // nerdctl.
        "900 880 8:1 /var/lib/nerdctl/1935db59/containers/default/<ID>/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n",
    ];
    for text in samples {
        assert_eq!(id_of_mounts(&sample(&format!("{ROOT}{text}"))), Some(ID), "{text}");
    }
}

#[test]
fn co_23_the_sandbox_of_a_pod_is_not_the_container() {
    let hosts = "1592 1574 259:1 /var/lib/kubelet/pods/2c48913c-b29f/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n";
    let log =
        "1593 1574 259:1 /pods/2c48913c-b29f/containers/shop/0a1b2c3d /dev/termination-log rw - ext4 /dev/sda1 rw\n";
    let containerd = "1594 1574 259:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/<ID>/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n";
    let crio = "1594 1574 0:25 /containers/storage/overlay-containers/<ID>/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw\n";
    let docker = "1594 1574 259:1 /var/lib/docker/containers/<ID>/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n";
    for sandbox in [containerd, crio, docker] {
        assert_eq!(id_of_mounts(&sample(&format!("{ROOT}{sandbox}{hosts}"))), None, "{sandbox}");
        assert_eq!(id_of_mounts(&sample(&format!("{log}{sandbox}"))), None, "{sandbox}");
    }
    assert_eq!(id_of_mounts(&sample(&format!("{ROOT}{containerd}"))), None);
}

#[test]
fn co_23_mounts_of_a_host_name_none() {
    let samples = [
        "",
        "\n \n   \n1 2 3\n",
        ROOT,
        "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n28 27 0:21 / /proc rw - proc proc rw\n",
        // A host sees the file systems of its containers.
        "900 27 0:60 / /var/lib/docker/overlay2/<ID>/merged rw - overlay overlay rw\n901 27 0:61 / /var/lib/docker/containers/<ID>/mounts/shm rw - tmpfs shm rw\n",
        // Directories of people, whatever their names.
        "31 27 8:1 /srv/<ID>/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n",
    ];
    for text in samples {
        assert_eq!(id_of_mounts(&sample(text)), None, "{text}");
    }
    let endless = format!("1 2 0:3 {} /etc/hostname\n{}", "/containers".repeat(20_000), " ".repeat(200_000));
    assert_eq!(id_of_mounts(&endless), None);
}
