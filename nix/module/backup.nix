# Backups by timer, and the folder they go to.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkIf mkMerge optional;

  cfg = config.services.teslamate;
  shared = import ./shared.nix { inherit config lib pkgs; };
  inherit (shared) user scripts;
  needsPassword = !shared.usesSocket;
in
{
  config = mkIf cfg.enable (mkMerge [
    {
      # Made before the service starts, which cannot; one that is there already keeps its owner and mode.
      systemd.tmpfiles.rules = optional shared.hasOwnBackupDirectory "d '${shared.forUnitText shared.backupDirectory}' :0700 :${user} :${user} -";
    }

    (mkIf (cfg.backup.schedule != null) {
      systemd.services.teslamate-backup = {
        description = "Backup of TeslaMate's database";
        after =
          optional cfg.postgres.enable_server "postgresql.target"
          ++ lib.optionals needsPassword shared.needsPasswordUnit;
        requires =
          optional cfg.postgres.enable_server "postgresql.target"
          ++ lib.optionals needsPassword shared.needsPasswordUnit;
        inherit (cfg.backup) onFailure;
        unitConfig.RequiresMountsFor = [ ''"${shared.forUnitText shared.backupDirectory}"'' ];
        environment = shared.forUnit (
          lib.filterAttrs (name: _: lib.hasPrefix "DATABASE_" name || name == "TZ") shared.environment
        );
        serviceConfig =
          shared.hardening
          // {
            Type = "oneshot";
            User = user;
            Group = user;
            WorkingDirectory = shared.stateDirectory;
            StateDirectory = "teslamate";
            StateDirectoryMode = "0700";
            # What a backup has started ends with it.
            KillMode = "control-group";
            ExecStart = "${lib.getExe scripts.backup} --scheduled";
            Nice = 10;
            IOSchedulingClass = "idle";
          }
          // lib.optionalAttrs needsPassword shared.passwordCredential;
      };
      systemd.services.teslamate-backup-failed = {
        description = "Word that a backup of TeslaMate's database failed";
        serviceConfig = shared.hardening // {
          Type = "oneshot";
          User = user;
          Group = user;
          ExecStart = lib.getExe scripts.backupFailed;
          # Where in a terminal's journal it stands out.
          SyslogLevel = "err";
        };
      };
      systemd.timers.teslamate-backup = {
        description = "Backups of TeslaMate's database, ${cfg.backup.schedule}";
        wantedBy = [ "timers.target" ];
        timerConfig = {
          OnCalendar = cfg.backup.schedule;
          Persistent = true;
          RandomizedDelaySec = "5min";
        };
      };
    })
  ]);
}
