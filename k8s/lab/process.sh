# Processes of the lab: started detached, remembered by id, and never ended by name.
say() { printf '%s: %s\n' "${LAB_SAYS:-lab}" "$*" >&2; }
refuse() { say "$*"; exit 1; }

# timed WHAT COMMAND...: says what takes long before, and how long it took after.
timed() {
  local what=$1 began=$EPOCHREALTIME; shift
  say "$what …"
  "$@"
  say "$what: $(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }') s"
}

# A process id alone may have been given to another process since; with the boot and the start time it cannot.
identity() {
  local stat fields
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  read -ra fields <<<"${stat##*) }"            # from the third field of proc(5) on: state, …, start time as the 20th
  [ "${fields[0]}" != Z ] || return 1
  echo "$1 ${fields[19]} $(cat /proc/sys/kernel/random/boot_id)"
}

alive() {
  local recorded
  read -r recorded 2>/dev/null <"$ONA_LAB/pids/$1" || return 1
  [ "$(identity "${recorded%% *}")" = "$recorded" ]
}

# start NAME COMMAND...: detached, so that neither a closed terminal nor Ctrl-C reaches it.
start() {
  local name=$1 pid; shift
  [ ! -e "$ONA_LAB/log/$name.log" ] || mv "$ONA_LAB/log/$name.log" "$ONA_LAB/log/$name.log.1"
  (cd "$ONA_LAB" && exec setsid "$@" </dev/null >"log/$name.log" 2>&1 9>&-) &
  pid=$!
  identity "$pid" >"$ONA_LAB/pids/$name" || true
}

# stop NAME [SIGNAL]: ends it, then what outlived it.
stop() {
  local recorded pid
  read -r recorded 2>/dev/null <"$ONA_LAB/pids/$1" || return 0
  if alive "$1"; then
    kill "-${2:-TERM}" "${recorded%% *}" 2>/dev/null || true
    for _ in $(seq 100); do alive "$1" || break; sleep 0.1; done
    ! alive "$1" || kill -KILL "${recorded%% *}" 2>/dev/null || true
  fi
  for pid in $(orphans "$recorded"); do kill -KILL "$pid" 2>/dev/null || true; done
  for _ in $(seq 50); do [ -n "$(orphans "$recorded")" ] || break; sleep 0.1; done
  rm -f "$ONA_LAB/pids/$1"
}

# orphans IDENTITY: what a process left behind when it was killed, as MLflow does with its server.
orphans() {
  local folder stat fields
  [ "${1##* }" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 0
  while read -r folder; do
    read -r stat 2>/dev/null <"${folder%/cwd}/stat" || continue
    read -ra fields <<<"${stat##*) }"
    [ "${fields[3]}" != "${1%% *}" ] || echo "${folder//[!0-9]/}"
  done < <(find /proc -mindepth 2 -maxdepth 2 -path '/proc/[0-9]*' -name cwd -lname "$ONA_LAB" 2>/dev/null || true)
}

# write FILE: standard input, only where it differs. kube-proxy, for one, ends itself when its configuration is touched.
write() {
  local new
  new=$(cat; echo .)
  [ "$(cat "$1" 2>/dev/null; echo .)" = "$new" ] || printf '%s' "${new%.}" >"$1"
}

# wait_for SECONDS COMMAND...: quietly, until it succeeds.
wait_for() {
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

# keep NAME PROBE COMMAND...: leaves a process that answers PROBE alone; starts one that is gone; replaces one that is stuck.
keep() {
  local name=$1 probe=$2; shift 2
  if alive "$name"; then
    wait_for 10 "$probe" && return
    say "$name runs but does not answer; starting it anew"
  fi
  stop "$name"
  start "$name" "$@"
  wait_for 180 answers_or_died "$name" "$probe" && alive "$name" && return
  say "$name did not come up; the end of $ONA_LAB/log/$name.log:"
  tail -n 15 "$ONA_LAB/log/$name.log" >&2
  return 1
}

answers_or_died() { ! alive "$1" || "$2"; }
