usage() {
  cat <<'EOF'
Usage: teslamate-backup [--plain] [FILE | -]

Writes a backup of the database: compressed, in pg_dump's custom format, complete or not at all.

  FILE       where to; without it a name with version and time in the backup folder. `-` is standard output.
  --plain    plain SQL instead, as psql reads it (compressed when FILE ends in .gz or .zst)
EOF
}

arguments=("$@")
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

# In its own folder a backup is made as the service, also for the administrator: whoever may write there could put links in the administrator's way.
if [ "$(id -u)" = 0 ] && { [ -z "$target" ] || [ "$(dirname "$target")" = "$backup_directory" ]; }; then
  [ -d "$backup_directory" ] || install -d -m 0700 -o "$service_user" -g "$service_user" "$backup_directory"
  exec setpriv --reuid="$service_user" --regid="$service_user" --init-groups -- "$0" "${arguments[@]}"
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

size=$(query "$PGDATABASE" "select coalesce(sum(pg_table_size(oid)), 0)::bigint from pg_class where relkind in ('r', 'm')") \
  || fail "the database $PGDATABASE cannot be reached; the reason is above."

if [ -z "$target" ]; then
  extension=dump
  if [ "$format" = plain ]; then extension=sql.gz; fi
  mkdir -p "$backup_directory"
  target=$backup_directory/$kind-$program_version-$(date +%Y%m%d-%H%M%S).$extension
fi
folder=$(dirname "$target")
[ -d "$folder" ] || fail "the folder $folder does not exist."
[ ! -d "$target" ] || fail "$target is a folder; name a file in it."
[ -w "$folder" ] || fail "$(id -un) may not write to the folder $folder. Give it that right, or name another folder."

# Measured backups take a sixth of the tables, plain ones about all of it.
needed=$((size / 4 + 16777216))
case $format:$target in
  plain:*.gz | plain:*.zst) ;;
  plain:*) needed=$((size + size / 4 + 16777216)) ;;
esac
free=$(available_bytes "$folder")
[ "$free" -ge "$needed" ] \
  || fail "$folder has $(readable_size "$free") free, and the backup may need $(readable_size "$needed"). Free some space or name another folder."

# What a backup leaves that was killed or cut off by a power failure; one that still runs holds its lock.
if [ "$folder" = "$backup_directory" ]; then leftover='*.part-??????'; else leftover="$(basename "$target").part-??????"; fi
find "$folder" -maxdepth 1 -type f -name "$leftover" -print0 | while IFS= read -r -d '' left; do
  if flock --nonblock "$left" rm -f "$left"; then say "Deleted $left, which an interrupted backup left"; fi
done

partial=$(mktemp "$target.part-XXXXXX")
exec 9<"$partial"
flock 9
trap 'rm -f "$partial"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say "Backing up $PGDATABASE to $target"
(
  set -o pipefail
  if [ "$format" = plain ]; then dump | compress "$target"; else dump; fi
) >"$partial" &
work=$!
watch_file "$partial" "Backup" "$work" 9<&- &
watcher=$!
wait "$work" || { kill "$watcher" 2>/dev/null || true; fail "pg_dump failed; the reason is above. Nothing was written."; }
kill "$watcher" 2>/dev/null || true
wait "$watcher" 2>/dev/null || true

if [ "$format" = custom ]; then
  contents=$(pg_restore --list "$partial") || fail "the backup cannot be read back; it was not kept."
  grep -q ' TABLE DATA public schema_migrations ' <<<"$contents" || fail "the backup holds no migrations: $PGDATABASE is not TeslaMate's database."
else
  case $target in
    *.gz) gzip -dc "$partial" ;;
    *.zst) zstd -dqc <"$partial" ;;
    *) cat "$partial" ;;
  esac | tail -n 20 | grep -q 'PostgreSQL database dump complete' || fail "the backup is incomplete; it was not kept."
fi

sync "$partial"
mv -f "$partial" "$target"
sync "$folder"
trap - EXIT
say "Done: $target, $(readable_size "$(stat -c %s "$target")")"
printf '%s\n' "$target"

if [ "$scheduled" = yes ]; then
  find "$backup_directory" -maxdepth 1 -name "$kind-*.dump" -printf '%T@ %p\n' | sort -rn | tail -n +$((retention + 1)) | cut -d' ' -f2- | while IFS= read -r old; do
    rm -f "$old"
    say "Deleted the old backup $old"
  done
fi
