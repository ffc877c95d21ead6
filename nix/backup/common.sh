# How the scripts reach the database. Sourced text: the lines above it set the service's settings.

say() { printf '%s\n' "$*" >&2; }
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# libpq's names for the service's settings.
use_settings() {
  if [ "$(id -u)" = 0 ] && [ "$uses_socket" = no ]; then
    load_secrets
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

# systemd reads its own file, so that quoting means here what it means to the service. The values stay in the environment.
load_secrets() {
  local pair credential
  if [ -n "$secrets_file" ]; then
    [ -r "$secrets_file" ] || fail "the secrets file $secrets_file cannot be read."
    while IFS= read -r -d '' pair; do
      case $pair in DATABASE_*=*) export "${pair?}" ;; esac
    done < <(systemd-run --quiet --pipe --wait --collect --property=EnvironmentFile="$secrets_file" -- "$(command -v env)" -0)
  fi
  for credential in "${credentials[@]}"; do
    case $credential in
      DATABASE_PASS:*) DATABASE_PASS=$(cat "${credential#*:}") ;;
    esac
  done
}

require_rights() {
  [ "$(id -u)" = 0 ] || [ "$(id -un)" = "$service_user" ] || fail "run it as root, for example: sudo ${0##*/}"
}

# The role that owns the database. Peer authentication, on whatever socket, asks for the system user of the same name.
as_owner() {
  if [ "$(id -u)" = 0 ] && [ -n "${DATABASE_SOCKET_DIR:-}" ] && [ "$DATABASE_USER" = "$service_user" ]; then
    setpriv --reuid="$service_user" --regid="$service_user" --init-groups -- "$@"
  else
    "$@"
  fi
}

# Who may create and rename databases: the local server's administrator, or the owner where the server is elsewhere.
as_administrator() {
  if [ "$local_server" = yes ] && [ "$(id -u)" = 0 ]; then
    PGHOST=/run/postgresql PGUSER=postgres setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
  else
    as_owner "$@"
  fi
}

# query DATABASE SQL: one value, as the owner.
query() { as_owner psql -XqAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }

# administer DATABASE SQL: as the administrator, without output.
administer() { as_administrator psql -Xq -v ON_ERROR_STOP=1 -d "$1" -c "$2" >/dev/null; }

# let_reader_read DATABASE: what the dashboards ask for, in the tables of today and of later migrations; neither the tokens nor the program's own schema.
let_reader_read() {
  [ -n "$reader" ] || return 0
  as_owner psql -Xq -v ON_ERROR_STOP=1 -d "$1" -v reader="$reader" -v owner="$DATABASE_USER" <<'EOF'
grant usage on schema public to :"reader";
grant select on all tables in schema public to :"reader";
alter default privileges for role :"owner" in schema public grant select on tables to :"reader";
EOF
}

quoted() { printf '"%s"' "${1//\"/\"\"}"; }

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

