usage() {
  cat <<'USAGE'
Usage: teslamate-restore [--dry-run] [--with-code] FILE
       teslamate-restore --drop-old

Restores a backup: loads it into a new database beside the present one, checks it, then swaps the two by renaming. Until the swap the present
database is untouched and the service runs. The former database is kept.

  FILE         made by teslamate-backup or pg_dump, in any of its formats, plain SQL also compressed with gzip or zstd; - for standard input
  --dry-run    loads and checks the backup, shows the row counts, and swaps nothing
  --with-code  also loads functions, triggers and rules of the backup's own, which run with the rights of the database's owner
  --drop-old   deletes the databases that earlier restores have kept
USAGE
}

# What is done is done by `teslamate restore`: as the service's user what has to do with the backup, as the server's administrator what has to do with
# databases. This script stops and starts the service in between.
options=() file='' swap='' drop_old=no
while [ $# -gt 0 ]; do
  case $1 in
    # How the script calls itself.
    --swap)
      swap=$2
      shift
      ;;
    --dry-run | --with-code) options+=("$1") ;;
    --drop-old) drop_old=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    -?*)
      usage >&2
      exit 2
      ;;
    *)
      [ -z "$file" ] || { usage >&2; exit 2; }
      file=$1
      ;;
  esac
  shift
done
if [ "$drop_old" = no ] && [ -z "$file$swap" ]; then
  usage >&2
  exit 2
fi

[ "$(id -u)" = 0 ] || fail "run it as root: it stops and starts the service."
# A migration of an old backup encrypts the tokens in it.
needed_secrets+=(ENCRYPTION_KEY)
use_settings

if [ "$drop_old" = yes ]; then
  as_administrator "$program" restore --drop-old
  exit
fi

if [ -n "$swap" ]; then
  systemctl stop teslamate.service
  # Whatever kept it from starting before may be what is repaired now.
  systemctl reset-failed teslamate.service 2>/dev/null || true
  as_administrator "$program" restore --swap "$swap"
  # What a role is allowed in a database goes by the database, not by its name.
  if [ "$local_server" = yes ]; then limit_reader_in "$PGDATABASE" | as_administrator psql -Xq -d postgres || true; fi
  exit 0
fi

if systemctl is-active --quiet teslamate-restore-swap.service 2>/dev/null; then fail "another restore of $PGDATABASE is about to end; try again in a minute."; fi

# What only root may read is opened by root and read by the service's user.
if [ "$file" = - ]; then
  exec 6<&0
else
  [ -e "$file" ] || fail "$file does not exist."
  file=$(realpath -- "$file")
  if as_owner test -r "$file"; then
    exec 6</dev/null
  elif [ -d "$file" ]; then
    fail "the user $service_user may not read the folder $file. Give it that right, or make the backup one file."
  else
    exec 6<"$file"
    file=-
  fi
fi

[ -z "$reader" ] || options+=("--reader=$reader")
load=("$program" restore --load-only "${options[@]}")
if [ "$local_server" = yes ]; then
  # The administrator's process answers the one that reads the backup, takes away what that leaves unfinished, and ends with it.
  coproc administrator { as_administrator "$program" restore --administrator --owner "$DATABASE_USER"; }
  administrator_process=$!
  # Opened anew: bash closes its own descriptors, and copies of them, for other programs.
  exec 3<"/proc/self/fd/${administrator[0]}" 4>"/proc/self/fd/${administrator[1]}"
  eval "exec ${administrator[0]}<&- ${administrator[1]}>&-"
  load+=(--administrator-on-3-and-4)
fi
# The loading ends with this script, also when that ends before the signal of its end is asked for.
# shellcheck disable=SC2016 # It is the other shell that expands these.
with_parent='[ "$PPID" = "$0" ] && exec "$@"'
exec 5< <(exec setpriv --reuid="$service_user" --regid="$service_user" --init-groups --pdeathsig=KILL -- \
  "$BASH" -c "$with_parent" "$$" "${load[@]}" "$file" <&6)
loading=$!
if [ "$local_server" = yes ]; then exec 3<&- 4>&-; fi
loaded=$(cat <&5)
if ! wait "$loading"; then
  if [ "$local_server" = yes ]; then wait "$administrator_process" || true; fi
  fail "the database $PGDATABASE is as it was."
fi
if [ -z "$loaded" ]; then exit 0; fi

if systemctl is-active --quiet teslamate.service || systemctl is-failed --quiet teslamate.service; then
  say "Stopping teslamate.service and swapping"
  # Once it is stopped the service must come back, whatever becomes of this process: a unit of the swap's own sees to that when it ends, in whatever way.
  start="$(command -v systemctl) start --no-block teslamate.service"
  systemd-run --quiet --wait --pipe --collect --unit=teslamate-restore-swap --property=ExecStopPost="$start" -- "$(realpath "$0")" --swap "$loaded" \
    || [ "$(as_administrator psql -XqAt -d postgres -v name="$loaded" <<<"select count(*) from pg_database where datname = :'name'")" = 0 ] \
    || fail "the swap did not succeed; see above. The database $PGDATABASE is as it was."
  say "Starting teslamate.service"
  systemctl start teslamate.service || fail "the backup is restored, and teslamate.service did not start; see: journalctl -u teslamate"
else
  as_administrator "$program" restore --swap "$loaded"
  if [ "$local_server" = yes ]; then limit_reader_in "$PGDATABASE" | as_administrator psql -Xq -d postgres || true; fi
fi
