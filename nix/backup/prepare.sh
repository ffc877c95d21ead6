# Runs before the migrations, as the service's user: a backup where the schema will change, and the way back for an older program.

use_settings
state=$(teslamate status --json --wait)
# Settings that are wrong are for the program itself to end with.
[ -n "$state" ] || exit 0
applied=$(jq '.applied | length' <<<"$state")
pending=$(jq '(.pending + .own_pending) | length' <<<"$state")
newer=$(jq '.newer | length' <<<"$state")

goes_back=no
if [ "$roll_back_unknown" = yes ] && [ "$newer" -gt 0 ]; then goes_back=yes; fi

if [ "$backup_before_upgrade" = yes ] && [ "$applied" -gt 0 ] && { [ "$pending" -gt 0 ] || [ "$goes_back" = yes ]; }; then
  more_time "Backing up before the schema changes"
  teslamate-backup --before-upgrade
fi

if [ "$goes_back" = yes ]; then
  say "The database holds $newer migrations of a newer version; undoing them, as services.teslamate.migrations.rollbackUnknown says."
  teslamate rollback --to-known --yes
fi
