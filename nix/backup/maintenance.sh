usage() {
  cat <<'EOF'
Usage: teslamate-maintenance COMMAND

  close-drive ID      ends a drive that was left open, at its last position
  close-charge ID     completes a charging process that was left open
  delete-drive ID     deletes a drive; its positions stay
  delete-charge ID    deletes a charging process and its charges
  reindex             rebuilds the indexes while everything goes on running
  status              the state of the database's migrations
EOF
}

identifier() {
  case ${1:-} in
    '' | *[!0-9]*) fail "$2 ID must be an integer." ;;
  esac
}

# delete TABLE ID NAME: deletes one row, and says when there is none.
delete() {
  if [ -z "$(query "$PGDATABASE" "select 1 from public.$1 where id = $2")" ]; then
    say "Warning: $3 with ID $2 does not exist. Nothing to delete."
  else
    query "$PGDATABASE" "delete from public.$1 where id = $2" >/dev/null
    printf 'Successfully deleted %s with ID %s.\n' "${3,}" "$2"
  fi
}

require_rights
use_settings
case ${1:-} in
  close-drive)
    identifier "${2:-}" Drive
    as_owner teslamate close-drive "$2"
    ;;
  close-charge)
    identifier "${2:-}" Charge
    as_owner teslamate close-charge "$2"
    ;;
  delete-drive)
    identifier "${2:-}" Drive
    delete drives "$2" Drive
    ;;
  delete-charge)
    identifier "${2:-}" Charge
    delete charging_processes "$2" "Charging process"
    ;;
  reindex) as_owner reindexdb --concurrently --dbname="$PGDATABASE" ;;
  status) as_owner teslamate status ;;
  -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
