# The commands an operator runs beside the service: the program's own, backup, restore, maintenance; and the steps the units run before the program itself.
{
  lib,
  pkgs,
  package,
  postgresql,
  # The system user of the service, its folder, and the environment it starts with (without secrets).
  user,
  stateDirectory,
  environment,
  # Whether PostgreSQL runs on this machine, and whether the service reaches it through its socket by peer authentication.
  localServer,
  usesSocket,
  # The role of the dashboards, which may read and nothing else; empty for none.
  reader,
  # services.teslamate.backup, .migrations.rollbackUnknown, .secretsFile, and .credentials and .encryptedCredentials (as name:source).
  backup,
  rollbackUnknown,
  secretsFile,
  credentials,
  encryptedCredentials,
}:
let
  inherit (lib) escapeShellArg;

  runtimeInputs = [
    package
    postgresql
    pkgs.coreutils
    pkgs.findutils
    pkgs.gnugrep
    pkgs.gzip
    pkgs.jq
    pkgs.systemd
    pkgs.util-linux
    pkgs.zstd
  ];

  # In a file of its own that the scripts read: whatever is in a value, it is no part of a script that shellcheck judges when the system is built.
  settings = pkgs.writeText "teslamate-settings.sh" (
    ''
      # shellcheck shell=bash disable=all
      # What the environment holds wins, so that the same scripts work inside of the units.
    ''
    + lib.concatStrings (
      lib.mapAttrsToList (name: value: ''
        if [ -z "''${${name}-}" ]; then ${name}=${escapeShellArg value}; fi
        export ${name}
      '') environment
    )
    + ''
      service_user=${escapeShellArg user}
      local_server=${if localServer then "yes" else "no"}
      uses_socket=${if usesSocket then "yes" else "no"}
      reader=${escapeShellArg reader}
      secret_properties=(${lib.concatMapStringsSep " " escapeShellArg secretProperties})
      setting_names=(${lib.concatStringsSep " " (lib.attrNames (removeAttrs environment [ "HOME" ]))})
      state_directory=${escapeShellArg stateDirectory}
      backup_directory=${escapeShellArg (toString backup.directory)}
      retention=${toString backup.retention}
      backup_before_upgrade=${if backup.beforeUpgrade then "yes" else "no"}
      roll_back_unknown=${if rollbackUnknown then "yes" else "no"}
      program_version=${escapeShellArg package.version}
      program=${escapeShellArg (lib.getExe package)}
    ''
  );

  # How systemd is told of the secrets: it alone knows how to read its own file, and where credentials without a path are kept.
  escaped = lib.replaceStrings [ "%" ] [ "%%" ];
  secretProperties =
    lib.optional (secretsFile != null) "--property=EnvironmentFile=${escaped (toString secretsFile)}"
    ++ map (credential: "--property=LoadCredential=${escaped credential}") credentials
    ++ map (credential: "--property=LoadCredentialEncrypted=${escaped credential}") encryptedCredentials;

  # shellcheck does not see into the file.
  readSettings = ''
    service_user="" local_server=no uses_socket=no reader="" secret_properties=() setting_names=() state_directory="" backup_directory=""
    retention="" backup_before_upgrade=no roll_back_unknown=no program_version="" program=""
    # shellcheck source=/dev/null
    . ${settings}
  '';

  script = scriptWith [ ];
  scriptWith =
    inputs: name: file:
    pkgs.writeShellApplication {
      inherit name;
      runtimeInputs = runtimeInputs ++ inputs;
      # Not every script uses every setting.
      excludeShellChecks = [ "SC2034" ];
      text = readSettings + builtins.readFile ./backup/common.sh + builtins.readFile file;
    };

  # The program itself. What an administrator asks it, it is asked with the service's settings and secrets, as the service's user; others use it with
  # what they set themselves.
  program = pkgs.writeShellApplication {
    name = "teslamate";
    runtimeInputs = [
      pkgs.coreutils
      pkgs.systemd
    ];
    excludeShellChecks = [ "SC2034" ];
    text = ''
      if [ "$(id -u)" != 0 ] || [ "''${1:-}" = demo ]; then exec ${lib.getExe package} "$@"; fi
      if [ "''${1:-}" = restore ]; then exec ${lib.getExe restore} "''${@:2}"; fi
      ${readSettings}
      exec systemd-run --quiet --pipe --pty --wait --collect --service-type=exec \
        --uid="$service_user" --gid="$service_user" --working-directory="$state_directory" \
        --property=StateDirectory="''${state_directory##*/}" --property=StateDirectoryMode=0700 --property=UMask=0077 --property=LimitCORE=0 \
        "''${secret_properties[@]}" "''${setting_names[@]/#/--setenv=}" -- "$program" "$@"
    '';
  };

  backupCommand = script "teslamate-backup" ./backup/backup.sh;
  restore = script "teslamate-restore" ./backup/restore.sh;
  maintenance = script "teslamate-maintenance" ./backup/maintenance.sh;

  # The names of the reference's scripts.
  alias =
    command:
    pkgs.writeShellApplication {
      name = "teslamate-${command}";
      text = ''exec ${lib.getExe maintenance} ${command} "$@"'';
    };
in
{
  inherit restore maintenance settings;
  backup = backupCommand;
  backupFailed = script "teslamate-backup-failed" ./backup/backup-failed.sh;
  prepare = scriptWith [ backupCommand ] "teslamate-prepare" ./backup/prepare.sh;
  setUpDatabase = script "teslamate-set-up-database" ./backup/set-up-database.sh;

  # Takes one secret out of the environment that systemd has made of the secrets file.
  databasePassword = pkgs.writeShellApplication {
    name = "teslamate-database-password";
    runtimeInputs = [ pkgs.coreutils ];
    text = ''
      umask 077
      printf '%s' "''${DATABASE_PASS:-}" >"$RUNTIME_DIRECTORY/DATABASE_PASS.new"
      mv -fT "$RUNTIME_DIRECTORY/DATABASE_PASS.new" "$RUNTIME_DIRECTORY/DATABASE_PASS"
    '';
  };

  all = [
    program
    backupCommand
    restore
    maintenance
  ]
  ++ map alias [
    "close-drive"
    "close-charge"
    "delete-drive"
    "delete-charge"
  ];

  # Grafana's file provider walks into sub-folders; internal dashboards and reports have folders of their own.
  topLevelDashboards =
    dashboards:
    pkgs.runCommandLocal "teslamate-dashboards" { } ''
      mkdir $out
      cp ${dashboards}/dashboards/*.json $out/
    '';
}
