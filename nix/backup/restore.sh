usage() {
  cat <<'EOF'
Usage: teslamate-restore [--dry-run] FILE
       teslamate-restore --drop-old

Restores a backup: loads it into a new database beside the present one, checks it, then swaps the two by renaming. Until the swap the present
database is untouched and the service runs. The former database is kept.

  FILE         made by teslamate-backup or pg_dump: custom format, or plain SQL, also compressed with gzip or zstd
  --dry-run    loads and checks the backup, shows the row counts, and swaps nothing
  --drop-old   deletes the databases that earlier restores have kept
EOF
}

dry_run=no drop_old=no file='' swap_fresh='' swap_former=''
while [ $# -gt 0 ]; do
  case $1 in
    # How the script calls itself, see exchange.
    --swap)
      swap_fresh=$2 swap_former=$3
      shift 2
      ;;
    --dry-run) dry_run=yes ;;
    --drop-old) drop_old=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*)
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
if [ "$drop_old" = no ] && [ -z "$file$swap_fresh" ]; then
  usage >&2
  exit 2
fi

require_rights
[ "$(id -u)" = 0 ] || fail "run it as root: it stops and starts the service."
use_settings
database=$PGDATABASE
maintenance_database=postgres

exists() { [ "$(as_administrator psql -XqAt -d "$maintenance_database" -v name="$1" <<<"select count(*) from pg_database where datname = :'name'")" = 1 ]; }

# swap FRESH FORMER: the one becomes the database, the database becomes the other. One transaction: whatever happens, there is a database of that name.
swap() {
  local errors statement attempt
  statement="alter database $(quoted "$1") rename to $(quoted "$database");"
  if exists "$database"; then statement="alter database $(quoted "$database") rename to $(quoted "$2"); $statement"; fi
  # A dashboard may connect again between the two statements; a few tries are enough.
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    as_administrator psql -XqAt -d "$maintenance_database" -v a="$database" -v b="$1" \
      <<<"select pg_terminate_backend(pid) from pg_stat_activity where datname in (:'a', :'b') and pid <> pg_backend_pid()" >/dev/null || true
    if errors=$(as_administrator psql -Xq -v ON_ERROR_STOP=1 -d "$maintenance_database" -c "begin; $statement commit" 2>&1 >/dev/null); then return; fi
    sleep 0.5
  done
  fail "the databases could not be swapped after $attempt tries: $errors"
}

if [ -n "$swap_fresh" ]; then
  systemctl stop teslamate.service
  # Whatever kept it from starting before may be what is repaired now.
  systemctl reset-failed teslamate.service 2>/dev/null || true
  swap "$swap_fresh" "$swap_former"
  exit 0
fi

# made_by_restores PREFIX: what restores have made, by the moment in its name. Somebody else's database may begin with the same words.
made_by_restores() {
  as_administrator psql -XqAt -v ON_ERROR_STOP=1 -d "$maintenance_database" -v prefix="$1" \
    <<<"select datname from pg_database where starts_with(datname, :'prefix') and substr(datname, length(:'prefix') + 1) ~ '^[0-9]{14}\$' order by datname"
}

if [ "$drop_old" = yes ]; then
  made_by_restores "${database}_before_" | while IFS= read -r old; do
    administer "$maintenance_database" "drop database $(quoted "$old")"
    say "Deleted $old"
  done
  exit 0
fi

[ -f "$file" ] || fail "$file does not exist or is not a file."
[ -r "$file" ] || fail "$file cannot be read."

# The first bytes tell what the file is; its name does not matter.
magic=$(head -c 5 "$file" | od -An -tx1 | tr -d ' \n')
case $magic in
  5047444d50*) kind=custom ;;
  1f8b*) kind=gzip ;;
  28b52ffd*) kind=zstd ;;
  *) kind=plain ;;
esac

text() {
  case $kind in
    gzip) gzip -dc "$file" ;;
    zstd) zstd -dqc "$file" ;;
    plain) cat "$file" ;;
  esac
}

if [ "$kind" = gzip ] || [ "$kind" = zstd ]; then
  inner=$( (text 2>/dev/null || true) | head -c 5 | od -An -tx1 | tr -d ' \n')
  [ "${inner#5047444d50}" = "$inner" ] || fail "$file is a compressed backup in custom format. Decompress it first: ${kind} -d"
fi
if [ "$kind" = custom ]; then
  contents=$(pg_restore --list "$file") || fail "$file is not a readable backup: damaged, or made by a newer pg_dump than $(pg_restore --version)."
  grep -q ' TABLE DATA public schema_migrations ' <<<"$contents" || fail "$file is a backup of something else: it holds no table schema_migrations."
else
  head_of_file=$( (text 2>/dev/null || true) | head -n 50)
  case $head_of_file in
    *"PostgreSQL database cluster dump"*) fail "$file is a dump of a whole server. Make one of the database alone, with pg_dump." ;;
    *"PostgreSQL database dump"*) ;;
    *) fail "$file is not a backup that pg_dump made." ;;
  esac
  text | tail -n 20 | grep -q 'PostgreSQL database dump complete' || fail "$file is incomplete: its end is missing."
fi

# One restore at a time. The server keeps the lock for a session of its own, which ends with this script, however that ends.
if systemctl is-active --quiet teslamate-restore-swap.service 2>/dev/null; then fail "another restore of $database is about to end; try again in a minute."; fi
coproc guard { as_administrator psql -XqAt -d "$maintenance_database" -v name="restore $database"; }
to_guard=${guard[1]} from_guard=${guard[0]}
printf '%s\n' "select pg_try_advisory_lock(hashtext(:'name'));" >&"$to_guard"
read -r alone <&"$from_guard" || fail "the server cannot be reached; the reason is above."
[ "$alone" = t ] || fail "another restore of $database is running. Nothing was touched; try again when it has ended."

now=$(date +%Y%m%d%H%M%S)
fresh=${database}_restore_$now
former=${database}_before_$now
umask 022
# The scratch folder, after those that killed restores have left.
scratch=${TMPDIR:-/tmp}/teslamate-restore-${database//[^A-Za-z0-9_]/_}
rm -rf "$scratch".??????
lists=$(mktemp -d "$scratch.XXXXXX")
chmod 0755 "$lists"
began=no

cleanup() {
  status=$?
  trap - EXIT INT TERM HUP
  rm -rf "$lists"
  # It still exists under this name when it was not swapped.
  if [ "$began" = yes ] && exists "$fresh"; then
    administer "$maintenance_database" "drop database if exists $(quoted "$fresh") with (force)" || say "The unfinished database $fresh is left; delete it with: dropdb $fresh"
    if [ "$status" != 0 ]; then say "The database $database is as it was."; fi
  fi
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What a restore leaves that was killed.
made_by_restores "${database}_restore_" | while IFS= read -r left; do
  say "Deleting $left, which an interrupted restore left"
  administer "$maintenance_database" "drop database $(quoted "$left") with (force)"
done

if [ "$local_server" = yes ]; then
  data=$(as_administrator psql -XqAt -d "$maintenance_database" -c 'show data_directory')
  free=$(available_bytes "$data")
  bytes=$(stat -c %s "$file")
  case $kind in plain) needed=$((bytes * 2)) ;; *) needed=$((bytes * 12)) ;; esac
  [ "$free" -ge "$needed" ] \
    || fail "the server's disk has $(readable_size "$free") free, and the restored database may need $(readable_size "$needed"). Free some space first."
fi

say "Loading $file into the new database $fresh"
began=yes
# Who cannot create the extensions gets those that an administrator has put into template1.
template=template0
if [ "$(as_administrator psql -XqAt -d "$maintenance_database" -c 'show is_superuser')" != on ]; then template=template1; fi
administer "$maintenance_database" "create database $(quoted "$fresh") owner $(quoted "$DATABASE_USER") template $template encoding 'UTF8'" \
  || fail "the database could not be created. Where the server is elsewhere, an administrator must run: ALTER ROLE $(quoted "$DATABASE_USER") CREATEDB;"
administer "$fresh" "create extension if not exists cube with schema public; create extension if not exists earthdistance with schema public" \
  || fail "the extensions could not be created. An administrator must run in template1: CREATE EXTENSION cube; CREATE EXTENSION earthdistance;"

# Nobody else uses the new database, and a crash only means starting over: fewer waits for the disk. Each session that builds an index may take as much
# memory, which is a quarter of this machine's for all of them where the server runs here.
jobs=$(nproc)
memory=128
if [ "$local_server" = yes ]; then
  memory=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 4096 / jobs))
  memory=$((memory < 64 ? 64 : memory > 1024 ? 1024 : memory))
fi
export PGOPTIONS="-c synchronous_commit=off -c maintenance_work_mem=${memory}MB"

# The rows of `positions`, nine tenths of everything, through one session a processor: taking in rows is what costs the server time. The text that pg_restore
# writes is dealt out line by line, and a line is a row.
# shellcheck disable=SC2016 # The dollars are awk's.
load_positions() {
  as_owner pg_restore --data-only --use-list="$lists/positions" --file=- "$file" | PGDATABASE=$fresh LC_ALL=C as_owner awk -v jobs="$jobs" '
    rows && $0 == "\\." { rows = 0; next }
    rows {
      i = ++row % jobs
      if (row <= jobs) used[i]
      print | session[i]
      next
    }
    /^COPY public\.positions / {
      rows = 1
      sub(/;$/, "")
      for (i = 0; i < jobs; i++) session[i] = "psql -Xq -v ON_ERROR_STOP=1 -c '\''" $0 "'\'' # " i
    }
    END {
      for (i in used) if (close(session[i]) != 0) failed = 1
      exit failed
    }'
}

load_custom() {
  # The extensions and the schema exist, and belong to the administrator.
  grep -vE ' (EXTENSION - |COMMENT - EXTENSION |SCHEMA - public|COMMENT - SCHEMA public|ACL )' <<<"$contents" >"$lists/objects"
  grep -E ' ACL ' <<<"$contents" >"$lists/grants" || true
  local restore=(pg_restore --exit-on-error --no-owner --dbname="$fresh")
  if ! as_owner test -r "$file"; then
    # Only this process may read it, which has one pass.
    as_owner "${restore[@]}" --use-list="$lists/objects" <"$file"
    return
  fi
  grep ' TABLE DATA public positions ' "$lists/objects" >"$lists/positions" || true
  grep -v ' TABLE DATA public positions ' "$lists/objects" >"$lists/others"
  as_owner "${restore[@]}" --use-list="$lists/objects" --section=pre-data "$file" || return
  local loading=()
  as_owner "${restore[@]}" --use-list="$lists/others" --section=data "$file" &
  loading+=($!)
  if [ -s "$lists/positions" ]; then
    (set -o pipefail && load_positions) &
    loading+=($!)
  fi
  local one bad=no
  for one in "${loading[@]}"; do wait "$one" || bad=yes; done
  [ "$bad" = no ] || return
  as_owner "${restore[@]}" --use-list="$lists/objects" --section=post-data --jobs="$jobs" "$file"
}

progress() {
  # Only as long as the script itself, which may be killed.
  while sleep 5 && kill -0 $$ 2>/dev/null; do
    size=$(as_administrator psql -XqAt -d "$maintenance_database" -v name="$fresh" <<<"select pg_size_pretty(pg_database_size(:'name'))" 2>/dev/null) || break
    say "Restore: $size so far"
  done
}
progress &
watcher=$!

failed=no
if [ "$kind" = custom ]; then
  load_custom || failed=yes
  if [ "$failed" = no ] && [ -s "$lists/grants" ]; then
    as_owner pg_restore --no-owner --dbname="$fresh" --use-list="$lists/grants" <"$file" || say "Some grants to other roles were not restored; see above."
  fi
else
  # Outside of table contents: no owners and databases of another machine, nothing that exists already, and above all no \connect.
  text | LC_ALL=C sed -E '
      /^COPY .* FROM stdin;$/,/^\\\.$/b
      /^\\connect /d
      /^(CREATE|ALTER|DROP) DATABASE /d
      /^DROP /d
      /^ALTER TABLE (IF EXISTS )?(ONLY )?[^ ]+ DROP CONSTRAINT /d
      /^ALTER TABLE (IF EXISTS )?(ONLY )?[^ ]+ ALTER COLUMN [^ ]+ DROP DEFAULT;$/d
      /^(CREATE|ALTER) SCHEMA public[ ;]/d
      /^COMMENT ON (SCHEMA public|EXTENSION) /d
      /^CREATE EXTENSION /d
      /^ALTER .* OWNER TO .*;$/d
      /^(GRANT|REVOKE) /{
        w '"$lists"'/grants
        d
      }
      /^ALTER DEFAULT PRIVILEGES /d
      /^SET transaction_timeout /d
    ' | as_owner psql -Xq -v ON_ERROR_STOP=1 --single-transaction -d "$fresh" >/dev/null || failed=yes
  if [ "$failed" = no ] && [ -s "$lists/grants" ]; then
    as_owner psql -Xq -d "$fresh" <"$lists/grants" >/dev/null || say "Some grants to other roles were not restored; see above."
  fi
fi
kill "$watcher" 2>/dev/null || true
wait "$watcher" 2>/dev/null || true
unset PGOPTIONS
[ "$failed" = no ] || fail "the backup could not be loaded; the reason is above."

say "Checking it"
newest=$(query "$fresh" "select max(version) from public.schema_migrations") || fail "the backup has no migrations: it is not TeslaMate's."
[ -n "$newest" ] || fail "the backup has no migrations: it is not TeslaMate's."
[ "$(query "$fresh" "select count(*) from pg_extension where extname in ('cube', 'earthdistance')")" = 2 ] || fail "the extensions cube and earthdistance are missing."
tables=(cars drives charging_processes charges positions states updates addresses geofences schema_migrations)
# row_counts DATABASE: a line for each table; one that is missing has a dash.
row_counts() {
  as_owner psql -XqAt -d "$1" -v tables="{$(IFS=, && echo "${tables[*]}")}" <<'EOF'
select case when to_regclass('public.' || name) is null then 'select ''-''' else format('select count(*) from public.%I', name) end
from unnest(:'tables'::text[]) name \gexec
EOF
}
printf '%-20s %14s %14s\n' table present restored >&2
paste <(printf '%s\n' "${tables[@]}") <(row_counts "$database" 2>/dev/null) <(row_counts "$fresh") \
  | awk -F '\t' '{ printf "%-20s %14s %14s\n", $1, $2 == "" ? "-" : $2, $3 }' >&2
as_owner psql -Xq -d "$fresh" -c 'analyze' >/dev/null 2>&1 || true
let_reader_read "$fresh" || say "The dashboards cannot read the restored database; see above."
say "The backup stands at migration $newest."

if [ "$dry_run" = yes ]; then
  say "Dry run: nothing was swapped."
  exit 0
fi

# The swap ends every session, and a backup must not be cut off.
while [ "$(as_administrator psql -XqAt -d "$maintenance_database" -v name="$database" \
  <<<"select count(*) from pg_stat_activity where datname = :'name' and application_name = 'teslamate-backup'")" != 0 ]; do
  say "Waiting for the end of the backup that is running"
  sleep 2
done

had_database=no
if exists "$database"; then had_database=yes; fi
if systemctl is-active --quiet teslamate.service || systemctl is-failed --quiet teslamate.service; then
  say "Stopping teslamate.service and swapping"
  # Once it is stopped the service must come back, whatever becomes of this process: a unit of the swap's own sees to that when it ends, in whatever way.
  start="$(command -v systemctl) start --no-block teslamate.service"
  systemd-run --quiet --wait --pipe --collect --unit=teslamate-restore-swap --property=ExecStopPost="$start" -- "$(realpath "$0")" --swap "$fresh" "$former" \
    || ! exists "$fresh" || fail "the swap did not succeed; see above."
  say "Starting teslamate.service"
  systemctl start teslamate.service || say "teslamate.service did not start; see: journalctl -u teslamate"
else
  swap "$fresh" "$former"
fi

say "Restored: $database is the backup now."
if [ "$had_database" = yes ]; then say "The former database is kept as $former. To delete it: teslamate-restore --drop-old"; fi
