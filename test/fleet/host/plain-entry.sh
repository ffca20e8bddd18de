#!/bin/sh
# A host that runs OpenSSH's sshd and no Docker Engine.
set -eu

# The image is that of the hosts with an Engine.
rm -f /usr/bin/docker /usr/bin/dockerd /usr/sbin/dockerd

ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
mkdir -p /run/sshd
/usr/sbin/sshd

# SIGTERM, which init passes on, is a power cut: every process dies at once. The container and its address stay.
trap 'kill -KILL -1' TERM
while :; do
  sleep infinity &
  wait $! || true
done
