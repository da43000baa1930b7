# PostgreSQL, for the ledger of a team: a database cluster of the lab's own, on a port of its own, run by an unprivileged user.
POSTGRESQL_FOLDER=$ONA_LAB/postgresql

postgresql_answers() { "$POSTGRESQL_BIN/pg_isready" -q -h 127.0.0.1 -p "$LAB_POSTGRESQL_PORT"; }

postgresql_up() {
  ! belongs_to_others "${ONA_LAB_POSTGRESQL:-}" "$LAB_POSTGRESQL" || return 0
  POSTGRESQL_BIN=$(postgresql_programs)
  if [ -z "$POSTGRESQL_BIN" ] && [ "${ONA_REQUIRE_BACKENDS:-}" != 1 ]; then
    say "PostgreSQL: not here (the package postgresql is missing); only the tests that ask for it do without"
    LAB_POSTGRESQL=
    return
  fi
  [ -n "$POSTGRESQL_BIN" ] || need /usr/lib/postgresql=postgresql
  [ -s "$POSTGRESQL_FOLDER/pgpass" ] || timed "making the PostgreSQL cluster" make_postgresql
  alive postgresql || rm -f "$POSTGRESQL_FOLDER/data/postmaster.pid"
  keep postgresql postgresql_answers "${AS_POSTGRES[@]}" "$POSTGRESQL_BIN/postgres" -D "$POSTGRESQL_FOLDER/data" \
    -p "$LAB_POSTGRESQL_PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=50 \
    -c shared_buffers=32MB
}

# The newest version that is installed.
postgresql_programs() { find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1; }

AS_POSTGRES=()
[ "$(id -u)" != 0 ] || AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --init-groups)

# The password file is written last: it says that the cluster is whole.
make_postgresql() {
  local password
  password=$(openssl rand -hex 16)
  rm -rf "$POSTGRESQL_FOLDER" && mkdir -p "$POSTGRESQL_FOLDER/data"
  [ "$(id -u)" != 0 ] || chown -R postgres: "$POSTGRESQL_FOLDER"
  (
    cd "$POSTGRESQL_FOLDER" || exit
    (umask 077 && echo "$password" >password)
    [ "$(id -u)" != 0 ] || chown postgres: password
    "${AS_POSTGRES[@]}" "$POSTGRESQL_BIN/initdb" -D data --username=ona --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 \
      --pwfile=password
    echo 'CREATE DATABASE ona;' | "${AS_POSTGRES[@]}" "$POSTGRESQL_BIN/postgres" --single -D data postgres
    rm password
    (umask 077 && echo "127.0.0.1:$LAB_POSTGRESQL_PORT:*:ona:$password" >pgpass)
  ) >"$ONA_LAB/log/initdb.log" 2>&1
}
