#!/usr/bin/env bash
# A machine where nothing is installed: bare Debian 12 with git, make and Python, in a folder and namespaces of its own (network,
# processes, mounts, control groups), so that the lab inside never meets the one outside. Runs a command there in a fresh clone.
#
#     fresh_machine.sh FOLDER COMMAND...      as root; FOLDER is made, and is the caller's to remove
#
# Nothing is carried in but the certificates that this machine trusts and its package clients' variables.
set -euo pipefail
project=$(cd "$(dirname "$0")/../.." && pwd)
folder=$1 && shift
name=ona-fresh-$$
group=/sys/fs/cgroup
root=$folder/root

machine_up() {
  mkdir -p "$folder"
  [ -e "$root/etc/debian_version" ] || mmdebstrap --quiet --variant=minbase \
    --include=git,make,python3,ca-certificates bookworm "$root"
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  [ -e "$root/srv/ona" ] || git clone --quiet "$project" "$root/srv/ona"
}

# A cable to this machine, which passes on what is sent through it. Documentation addresses (RFC 5737) are nobody's.
network_up() {
  ip netns add "$name"
  ip link add "ona-f$$" type veth peer name eth0 netns "$name"
  ip addr add 198.51.100.1/30 dev "ona-f$$" && ip link set "ona-f$$" up
  ip -n "$name" addr add 198.51.100.2/30 dev eth0 && ip -n "$name" link set eth0 up && ip -n "$name" link set lo up
  ip -n "$name" route add default via 198.51.100.1
  sysctl -qw net.ipv4.ip_forward=1
  passes -I
}

passes() {
  iptables -w "$1" FORWARD -i "ona-f$$" -j ACCEPT
  iptables -w "$1" FORWARD -o "ona-f$$" -j ACCEPT
  iptables -w -t nat "$1" POSTROUTING -s 198.51.100.0/30 -j MASQUERADE
}

# A control group of its own, so that the kubelet inside does not take the pods outside for leftovers.
groups_up() {
  local controller
  for controller in "$group"/*/; do
    mkdir -p "$controller$name" 2>/dev/null || continue
    [ ! -e "$controller$name/cpuset.cpus" ] || {
      cat "${controller}cpuset.cpus" >"$controller$name/cpuset.cpus"
      cat "${controller}cpuset.mems" >"$controller$name/cpuset.mems"
    }
    echo $$ >"$controller$name/cgroup.procs"
  done
}

down() {
  local controller process
  passes -D || true
  ip netns delete "$name" || true
  for controller in "$group"/*/; do
    [ ! -d "$controller$name" ] || while read -r process; do echo "$process" >"${controller}cgroup.procs"; done \
      <"$controller$name/cgroup.procs" || true
    find "$controller$name" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

inside() {
  mount --make-rprivate /
  mount --bind "$root" "$root"                 # the kubelet wants a mount below its folder, and finds none in a bare chroot
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys"
  mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
  mount -t tmpfs tmpfs "$root/run"
  local controller
  while read -r controller; do
    mkdir "$root/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "$root/sys/fs/cgroup/$controller"
  done < <(awk 'NR > 1 && $4 == 1 && $2 != 0 { print $1 }' /proc/cgroups)
  [ -n "$(ls "$root/sys/fs/cgroup")" ] || mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  local carried
  mapfile -t carried < <(env | grep -E '^[A-Za-z_]*(CERT|CA_BUNDLE|PROXY|proxy|INDEX)[A-Za-z_]*=')
  exec chroot "$root" /usr/bin/env -i "${carried[@]}" HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    bash -c 'cd /srv/ona && exec "$@"' fresh "$@"
}

if [ "${1:-}" = --inside ]; then shift; inside "$@"; fi
trap down EXIT
machine_up
network_up
groups_up
ip netns exec "$name" unshare --mount --pid --fork --kill-child --cgroup --uts --ipc --mount-proc \
  bash "$0" "$folder" --inside "$@"
