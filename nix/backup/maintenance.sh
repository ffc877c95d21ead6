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

# correct COMMAND ID NAME: a correction by the program's own rules, while the service runs.
correct() {
  case ${2:-} in
    '' | *[!0-9]*) fail "Error: $3 ID must be an integer." ;;
  esac
  as_owner teslamate "$1" "$2"
}

require_rights
use_settings
case ${1:-} in
  close-drive | delete-drive) correct "$1" "${2:-}" Drive ;;
  close-charge | delete-charge) correct "$1" "${2:-}" Charge ;;
  reindex) as_owner reindexdb --concurrently --dbname="$PGDATABASE" ;;
  status) as_owner teslamate status ;;
  -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
