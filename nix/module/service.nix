# The unit teslamate.service, its user and its commands.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkIf optional;

  cfg = config.services.teslamate;
  shared = import ./shared.nix { inherit config lib pkgs; };
  inherit (shared) user stateDirectory scripts;
  program = lib.getExe cfg.package;
in
{
  config = mkIf cfg.enable {
    assertions = [
      {
        assertion = lib.versionAtLeast lib.trivial.release "25.11";
        message = "services.teslamate needs NixOS 25.11 or newer, which has postgresql.target; this is ${lib.trivial.release}.";
      }
    ];

    users.users.${user} = {
      isSystemUser = true;
      group = user;
      home = stateDirectory;
    };
    users.groups.${user} = { };

    environment.systemPackages = scripts.all;

    networking.firewall.allowedTCPPorts = mkIf (cfg.openFirewall && !cfg.nginx.enable) (
      [ cfg.port ] ++ optional (cfg.apiPort != null) cfg.apiPort
    );

    systemd.services.teslamate = {
      description = "TeslaMate, a data logger for Tesla cars";
      wantedBy = mkIf cfg.autoStart [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [
        "network-online.target"
        "mosquitto.service"
      ]
      ++ optional cfg.postgres.enable_server "postgresql.target";
      requires = optional cfg.postgres.enable_server "postgresql.target";

      environment = shared.forUnit shared.environment;

      unitConfig = {
        # A migration that fails will fail again: after five starts in ten minutes the unit stays down and the journal keeps the reason in sight.
        StartLimitIntervalSec = 600;
        StartLimitBurst = 5;
        RequiresMountsFor = [ ''"${shared.forUnitText shared.backupDirectory}"'' ];
      };

      serviceConfig = shared.hardening // {
        Type = "notify";
        # ExecStartPre tells how long a migration or a backup still needs.
        NotifyAccess = "all";
        WatchdogSec = 60;
        TimeoutStartSec = 90;
        TimeoutStopSec = 15;
        Restart = "on-failure";
        RestartSec = 5;
        SuccessExitStatus = [ 143 ];
        # EX_CONFIG: the settings are wrong, and another start would not change them. The steps before leave it to the program itself to end with it, since
        # systemd looks at the main process only.
        RestartPreventExitStatus = [ 78 ];

        User = user;
        Group = user;
        WorkingDirectory = stateDirectory;
        StateDirectory = "teslamate";
        StateDirectoryMode = "0700";
        CacheDirectory = "teslamate";
        CacheDirectoryMode = "0700";
        RuntimeDirectory = "teslamate";
        LoadCredential = shared.load;
        LoadCredentialEncrypted = shared.loadEncrypted;
        EnvironmentFile = optional (cfg.secretsFile != null) cfg.secretsFile;

        ExecStartPre =
          optional (cfg.migrations.rollbackUnknown || cfg.backup.beforeUpgrade) (lib.getExe scripts.prepare)
          ++ [ "${program} migrate --wait" ];
        ExecStart = "${program} serve";
      }
      // lib.optionalAttrs shared.needsPrivilegedPort {
        AmbientCapabilities = "CAP_NET_BIND_SERVICE";
        CapabilityBoundingSet = "CAP_NET_BIND_SERVICE";
        PrivateUsers = false;
      };
    };

    # The database's password alone out of the secrets file, for units that have no use for the rest of it.
    systemd.services.teslamate-database-password = mkIf
      (
        shared.takesPasswordFromSecretsFile
        && (
          cfg.postgres.enable_server
          || shared.readsAsOwner
          || (cfg.backup.schedule != null && !shared.usesSocket)
        )
      )
      {
        description = "TeslaMate's database password from the secrets file";
        serviceConfig = {
          Type = "oneshot";
          # Again whenever somebody asks for it: the file may have changed.
          RuntimeDirectory = "teslamate-database-password";
          RuntimeDirectoryMode = "0700";
          RuntimeDirectoryPreserve = true;
          UMask = "0077";
          EnvironmentFile = [ cfg.secretsFile ];
          ExecStart = lib.getExe scripts.databasePassword;
          ProtectSystem = "strict";
          ProtectHome = true;
          PrivateNetwork = true;
          NoNewPrivileges = true;
          LimitCORE = 0;
        };
      };
  };
}
