#!/bin/sh
# A host of the fleet: OpenSSH's sshd and a Docker Engine of its own, side by side as on a machine.
set -eu

# A container that is not privileged gets these read-only, and its Engine has to write them.
for mount in $(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts) /proc/sys; do
  mount -o remount,rw,bind "$mount" || echo "could not remount $mount"
done

# In cgroup v2 a group that has processes of its own cannot hand controllers to its children.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/init
  xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/init/cgroup.procs 2> /dev/null || true
  sed -e 's/ / +/g' -e 's/^/+/' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
fi

ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
mkdir -p /run/sshd
/usr/sbin/sshd

# From a shell that ends, so that the init process is its parent and reaps it when it is stopped.
(dockerd --insecure-registry 0.0.0.0/0 > /var/log/dockerd.log 2>&1 &)

exec sleep infinity
