# Says at the priority of errors what a failed backup means: how old the newest one is.

newest=$(find "$backup_directory" -maxdepth 1 -name '*.dump' -printf '%T@ %p\n' 2>/dev/null | sort -rn | head -n 1 | cut -d' ' -f2- || true)
if [ -n "$newest" ]; then
  say "The scheduled backup of TeslaMate's database failed; the newest there is, $newest, is $((($(date +%s) - $(stat -c %Y "$newest")) / 3600)) hours old. Why: journalctl -u teslamate-backup"
else
  say "The scheduled backup of TeslaMate's database failed, and there is none in $backup_directory. Why: journalctl -u teslamate-backup"
fi

# The service looks for it, and tells the owner.
if [ -d "$backup_directory" ]; then printf 'a scheduled backup failed; why: journalctl -u teslamate-backup\n' >"$backup_directory/last-failure"; fi
