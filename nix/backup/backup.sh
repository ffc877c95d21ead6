usage() {
  cat <<'EOF'
Usage: teslamate-backup [--plain] [FILE | -]

Writes a backup of the database: compressed, in pg_dump's custom format, complete or not at all.

  FILE       where to; without it a name with version and time in the backup folder. `-` is standard output.
  --plain    plain SQL instead, as psql reads it (compressed when FILE ends in .gz or .zst)
EOF
}

format=custom target='' kind=teslamate scheduled=no
while [ $# -gt 0 ]; do
  case $1 in
    --plain) format=plain ;;
    --scheduled) scheduled=yes kind=scheduled ;;
    --before-upgrade) scheduled=yes kind=before-upgrade ;;
    -h | --help)
      usage
      exit 0
      ;;
    - | [!-]*)
      [ -z "$target" ] || { usage >&2; exit 2; }
      target=$1
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  shift
done

require_rights
use_settings
umask 077

if [ -n "$target" ] && [ "$target" != - ]; then
  folder=$(dirname -- "$target") name=$(basename -- "$target")
  [ -d "$folder" ] || fail "the folder $folder does not exist."
  # From here on by names in the folder itself: nobody can put another one in its place.
  cd -P -- "$folder" 2>/dev/null || fail "$(id -un) may not enter the folder $folder."
  folder=$PWD target=$PWD/$name
fi

# In a folder of the service's a backup is made as the service, also for the administrator: whoever may write there could put links in the administrator's way.
if [ "$(id -u)" = 0 ] && { [ -z "$target" ] || { [ "$target" != - ] && [ "$(stat -c %U .)" = "$service_user" ]; }; }; then
  [ -d "$backup_directory" ] || install -d -m 0700 -o "$service_user" -g "$service_user" "$backup_directory"
  arguments=()
  if [ "$format" = plain ]; then arguments+=(--plain); fi
  case $kind in
    scheduled) arguments+=(--scheduled) ;;
    before-upgrade) arguments+=(--before-upgrade) ;;
  esac
  exec setpriv --reuid="$service_user" --regid="$service_user" --init-groups -- "$0" "${arguments[@]}" ${target:+"$target"}
fi

dump() {
  local major
  if [ "$format" = plain ]; then
    as_owner pg_dump --format=plain
    return
  fi
  major=$(pg_dump --version | grep -oE '[0-9]+' | head -n 1)
  # A light compression keeps step with the server; a heavier one makes the backup slower and hardly smaller.
  if [ "$major" -ge 16 ]; then
    as_owner pg_dump --format=custom --compress=zstd:1
  else
    as_owner pg_dump --format=custom --compress=1
  fi
}

compress() {
  case $1 in
    *.gz) gzip -1 ;;
    *.zst) zstd -q -1 -T0 ;;
    *) cat ;;
  esac
}

if [ "$target" = - ]; then
  [ ! -t 1 ] || fail "standard output is a terminal; redirect it or name a file."
  dump
  exit
fi

# Asking a table itself for its size would wait for whoever has locked it. Indexes are in no backup; what is not known of their sizes yet counts.
size=$(query "$PGDATABASE" "select pg_database_size(current_database()) - coalesce(sum(relpages::bigint), 0) * current_setting('block_size')::bigint from pg_class where relkind = 'i'") \
  || fail "the database $PGDATABASE cannot be reached; the reason is above."

if [ -z "$target" ]; then
  extension=dump
  if [ "$format" = plain ]; then extension=sql.gz; fi
  mkdir -p "$backup_directory"
  cd -P -- "$backup_directory"
  folder=$PWD name=$kind-$program_version-$(date +%Y%m%d-%H%M%S).$extension
  target=$folder/$name
fi
[ ! -d "$name" ] || [ -L "$name" ] || fail "$target is a folder; name a file in it."
[ -w . ] || fail "$(id -un) may not write to the folder $folder. Give it that right, or name another folder."

# Measured backups take a sixth of the tables, plain ones about all of it.
needed=$((size / 4 + 16777216))
case $format:$target in
  plain:*.gz | plain:*.zst) ;;
  plain:*) needed=$((size + size / 4 + 16777216)) ;;
esac
free=$(available_bytes .)
[ "$free" -ge "$needed" ] \
  || fail "$folder has $(readable_size "$free") free, and the backup may need $(readable_size "$needed"). Free some space or name another folder."

# What a backup leaves that was killed or cut off by a power failure; one that still runs holds its lock.
if [ "$folder" -ef "$backup_directory" ]; then leftover='*.part-??????'; else leftover="$name.part-??????"; fi
find . -maxdepth 1 -type f -name "$leftover" -print0 | while IFS= read -r -d '' left; do
  if flock --nonblock "$left" rm -f "$left"; then say "Deleted $left, which an interrupted backup left"; fi
done

partial=$(mktemp -u "./$name.part-XXXXXX")
# Made anew or not at all: what is written is this file, whatever takes its name meanwhile.
set -o noclobber
exec 9>"$partial"
set +o noclobber
flock 9
end() {
  status=$?
  trap - EXIT INT TERM HUP
  # Each job is a group of processes; bash knows it from its first moment, whenever a signal comes.
  for group in $(jobs -p); do kill -TERM -- "-$group" 2>/dev/null || true; done
  rm -f "$partial"
  exit "$status"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say "Backing up $PGDATABASE to $target"
set -o monitor
(
  set -o pipefail
  if [ "$format" = plain ]; then dump | compress "$target"; else dump; fi
) >&9 &
work=$!
watch_file "$partial" "Backup" "$work" 9>&- &
watcher=$!
set +o monitor
wait "$work" || fail "pg_dump failed; the reason is above. Nothing was written."
kill -TERM -- "-$watcher" 2>/dev/null || true
wait "$watcher" 2>/dev/null || true

if [ "$format" = custom ]; then
  contents=$(as_owner pg_restore --list </proc/self/fd/9) || fail "the backup cannot be read back; it was not kept."
  grep -q ' TABLE DATA public schema_migrations ' <<<"$contents" || fail "the backup holds no migrations: $PGDATABASE is not TeslaMate's database."
else
  case $target in
    *.gz) gzip -dc </proc/self/fd/9 ;;
    *.zst) zstd -dqc </proc/self/fd/9 ;;
    *) cat /proc/self/fd/9 ;;
  esac | tail -n 20 | grep -q 'PostgreSQL database dump complete' || fail "the backup is incomplete; it was not kept."
fi
size=$(stat -L -c %s /proc/self/fd/9)

sync "$partial"
mv -fT "$partial" "./$name"
sync "$folder"
trap - EXIT INT TERM HUP
say "Done: $target, $(readable_size "$size")"
printf '%s\n' "$target"

if [ "$scheduled" = yes ]; then
  find . -maxdepth 1 -name "$kind-*.dump" -printf '%T@ %p\n' | sort -rn | tail -n +$((retention + 1)) | cut -d' ' -f2- | while IFS= read -r old; do
    rm -f "$old"
    say "Deleted the old backup $folder/${old#./}"
  done
fi
