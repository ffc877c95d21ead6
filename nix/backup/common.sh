# How the scripts reach the database. Sourced text: the line above it reads the service's settings.

say() { printf '%s\n' "$*" >&2; }
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

needed_secrets=(DATABASE_PASS)

# libpq's names for the service's settings.
use_settings() {
  if [ "$(id -u)" = 0 ]; then
    load_secrets "${needed_secrets[@]}"
  elif [ -n "${CREDENTIALS_DIRECTORY:-}" ] && [ -r "$CREDENTIALS_DIRECTORY/DATABASE_PASS" ]; then
    DATABASE_PASS=$(cat "$CREDENTIALS_DIRECTORY/DATABASE_PASS")
  fi
  export PGHOST=${DATABASE_SOCKET_DIR:-$DATABASE_HOST} PGPORT=$DATABASE_PORT PGUSER=$DATABASE_USER PGDATABASE=$DATABASE_NAME
  export PGCONNECT_TIMEOUT=10 PGAPPNAME=${0##*/} PGCLIENTENCODING=UTF8
  if [ -n "${DATABASE_PASS:-}" ]; then export DATABASE_PASS PGPASSWORD=$DATABASE_PASS; fi
  if [ -z "${DATABASE_SOCKET_DIR:-}" ]; then
    case ${DATABASE_SSL:-} in
      true) export PGSSLMODE=verify-full PGSSLROOTCERT=${DATABASE_SSL_CA_CERT_FILE:-system} ;;
      noverify) export PGSSLMODE=require ;;
    esac
  fi
}

# load_secrets NAME...: puts these secrets, and what else the secrets file says of the database, into the environment. systemd reads its own file and finds its
# own credentials, so that all means here what it means to the service. A NAME_FILE among the settings is the program's to read.
load_secrets() {
  local pair
  if [ "${#secret_properties[@]}" = 0 ] || { [ "$uses_socket" = yes ] && [ "$#" = 1 ]; }; then return; fi
  while IFS= read -r -d '' pair; do export "${pair?}"; done < <(
    # shellcheck disable=SC2016 # That shell's own.
    systemd-run --quiet --pipe --wait --collect "${secret_properties[@]}" -- "$BASH" -c '
      for name in "$@" "${!DATABASE_@}"; do
        if [ -r "${CREDENTIALS_DIRECTORY:-/var/empty}/$name" ]; then
          printf "%s=%s\0" "$name" "$(<"$CREDENTIALS_DIRECTORY/$name")"
        elif [ -n "${!name-}" ]; then
          printf "%s=%s\0" "$name" "${!name}"
        fi
      done' bash "$@"
  )
}

require_rights() {
  [ "$(id -u)" = 0 ] || [ "$(id -un)" = "$service_user" ] || fail "run it as root, for example: sudo ${0##*/}"
}

# as_user USER COMMAND...: without root's rights, and never longer than this script itself.
as_user() { setpriv --reuid="$1" --regid="$1" --init-groups --pdeathsig=KILL -- "${@:2}"; }

# As the service, which is who its database belongs to; root has no business with what a server or a backup says.
as_owner() {
  if [ "$(id -u)" = 0 ]; then
    as_user "$service_user" "$@"
  else
    "$@"
  fi
}

# Who may create and rename databases: the local server's administrator, or the owner where the server is elsewhere.
as_administrator() {
  if [ "$local_server" = yes ] && [ "$(id -u)" = 0 ]; then
    as_user postgres env -u DATABASE_PASS -u ENCRYPTION_KEY -u PGPASSWORD DATABASE_SOCKET_DIR=/run/postgresql DATABASE_USER=postgres PGHOST=/run/postgresql PGUSER=postgres "$@"
  else
    as_owner "$@"
  fi
}

# query DATABASE SQL: one value, as the owner.
query() { as_owner psql -XqAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }

# let_reader_read DATABASE: what the dashboards ask for, in the tables of today and of later migrations; of the program's own schema only what the measures keep, and not the tokens.
let_reader_read() {
  [ -n "$reader" ] || return 0
  psql -Xq -v ON_ERROR_STOP=1 -d "$1" -v reader="$reader" -v owner="$DATABASE_USER" <<'SQL'
grant usage on schema public to :"reader";
grant select on all tables in schema public to :"reader";
alter default privileges for role :"owner" in schema public grant select on tables to :"reader";
select format('grant usage on schema teslamate to %I', :'reader') where to_regnamespace('teslamate') is not null \gexec
select format('grant select on %s to %I', name, :'reader')
from unnest(array['drive_samples', 'drive_routes', 'charge_samples', 'parked_samples', 'level_samples', 'level_progress', 'car_preferences']) as known,
  to_regclass('teslamate.' || known) as name
where name is not null \gexec
SQL
}

# limit_reader_in DATABASE: SQL for the server's administrator. Dashboards of others name tables without their schema, so
# public stays on the path; what comes before it, a schema of the role's own name, does not. Whatever a function that
# somebody has put into public makes the role do, it changes nothing.
limit_reader_in() {
  [ -n "$reader" ] || return 0
  printf 'alter role "%s" in database "%s" set search_path = public;\n' "$reader" "${1//\"/\"\"}"
  printf 'alter role "%s" in database "%s" set default_transaction_read_only = on;\n' "$reader" "${1//\"/\"\"}"
}

readable_size() { numfmt --to=iec --suffix=B "$1"; }

# A start that takes a backup must not run into the unit's time limit.
more_time() {
  if [ -n "${NOTIFY_SOCKET:-}" ]; then
    systemd-notify "EXTEND_TIMEOUT_USEC=60000000" "STATUS=$1" || true
  fi
}

# watch_file FILE WHAT PID: says every few seconds how large the file is while the process runs.
watch_file() {
  local turn=0
  while kill -0 "$3" 2>/dev/null; do
    sleep 1
    turn=$((turn + 1))
    if [ $((turn % 5)) = 0 ]; then
      say "$2: $(readable_size "$(stat -c %s "$1" 2>/dev/null || echo 0)") after $turn s"
      more_time "$2"
    fi
  done
}

available_bytes() { df --output=avail -B1 "$1" | tail -n 1; }

