# Debian packages, installed where a command is missing and this is root; elsewhere what is missing is named.
may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# has COMMAND_OR_FILE
has() { [ -e "$1" ] || PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null; }

# need COMMAND=PACKAGE...
need() {
  local pair missing=()
  for pair in "$@"; do
    [[ " ${missing[*]} " == *" ${pair#*=} "* ]] || has "${pair%%=*}" || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if ! may_install; then
    refuse "missing: ${missing[*]}. Install them, or run this as root on Debian; docs/lab.md says what can be brought along."
  fi
  timed "installing ${missing[*]}" install_packages "${missing[@]}"
}

# All at once, and the tools of the tests too: asking the package index again for each part would take minutes.
packages_up() {
  may_install || return 0
  local kubernetes=(/usr/lib/cni/firewall=containernetworking-plugins conntrack=conntrack ip=iproute2)
  local engine=(dockerd=docker.io docker=docker.io containerd=containerd runc=runc iptables=iptables)
  [ -z "${ONA_DEMO_CONTEXT:-}" ] || kubernetes=()
  ! foreign_engine || engine=()
  [ ${#kubernetes[@]} = 0 ] || engine+=(containerd=containerd runc=runc iptables=iptables)
  need "${kubernetes[@]}" "${engine[@]}" curl=curl openssl=openssl docker-registry=docker-registry mmdebstrap=mmdebstrap \
    /usr/lib/postgresql=postgresql setpriv=util-linux bwrap=bubblewrap git-lfs=git-lfs faketime=faketime
}

install_packages() {
  # Where systemd runs, these packages would start services of their own: one registry with a password on our port, and a
  # database cluster nobody asked for.
  [ ! -d /run/systemd/system ] || systemctl mask --quiet docker-registry.service
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] ||
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; } \
    >"$ONA_LAB/log/apt.log" 2>&1 9>&- || { tail -n 15 "$ONA_LAB/log/apt.log" >&2; return 1; }
}
