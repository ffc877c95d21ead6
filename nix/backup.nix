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
  # services.teslamate.backup, .migrations.rollbackUnknown, .secretsFile, and .credentials (as name:file).
  backup,
  rollbackUnknown,
  secretsFile,
  credentials,
}:
let
  inherit (lib) escapeShellArg;

  runtimeInputs = [
    package
    postgresql
    pkgs.coreutils
    pkgs.findutils
    pkgs.gawk
    pkgs.gnugrep
    pkgs.gnused
    pkgs.gzip
    pkgs.jq
    pkgs.systemd
    pkgs.util-linux
    pkgs.zstd
  ];

  # Not in single quotes, where shellcheck takes every dollar for a mistake.
  quoted = text: "\"${lib.replaceStrings [ "\\" "\"" "$" "`" ] [ "\\\\" "\\\"" "\\$" "\\`" ] text}\"";

  # What the service's environment holds wins, so that the same scripts work inside the unit.
  settings = lib.concatStrings (
    lib.mapAttrsToList (name: value: ''
      [ -n "''${${name}:-}" ] || ${name}=${quoted value}
      export ${name}
    '') environment
  );

  script = scriptWith [ ];
  scriptWith =
    inputs: name: file:
    pkgs.writeShellApplication {
      inherit name;
      runtimeInputs = runtimeInputs ++ inputs;
      # Not every script uses every setting.
      excludeShellChecks = [ "SC2034" ];
      text = ''
        ${settings}
        service_user=${escapeShellArg user}
        local_server=${if localServer then "yes" else "no"}
        uses_socket=${if usesSocket then "yes" else "no"}
        reader=${escapeShellArg reader}
        secrets_file=${escapeShellArg (if secretsFile == null then "" else toString secretsFile)}
        credentials=(${lib.concatMapStringsSep " " escapeShellArg credentials})
        backup_directory=${escapeShellArg (toString backup.directory)}
        retention=${toString backup.retention}
        backup_before_upgrade=${if backup.beforeUpgrade then "yes" else "no"}
        roll_back_unknown=${if rollbackUnknown then "yes" else "no"}
        program_version=${escapeShellArg package.version}
      ''
      + builtins.readFile ./backup/common.sh
      + builtins.readFile file;
    };

  # The program itself. What an administrator asks it, it is asked with the service's settings and secrets, as the service's user; others use it with
  # what they set themselves.
  program = pkgs.writeShellApplication {
    name = "teslamate";
    runtimeInputs = [
      pkgs.coreutils
      pkgs.systemd
    ];
    text = ''
      program=${lib.getExe package}
      if [ "$(id -u)" != 0 ] || [ "''${1:-}" = demo ]; then exec "$program" "$@"; fi
      ${settings}
      exec systemd-run --quiet --pipe --pty --wait --collect --service-type=exec \
        ${
          lib.concatMapStringsSep " " quoted (
            [
              "--uid=${user}"
              "--gid=${user}"
              "--working-directory=${stateDirectory}"
              "--property=StateDirectory=${baseNameOf stateDirectory}"
              "--property=StateDirectoryMode=0700"
              "--property=UMask=0077"
            ]
            ++ lib.optional (secretsFile != null) "--property=EnvironmentFile=${secretsFile}"
            ++ map (credential: "--property=LoadCredential=${credential}") credentials
            ++ map (name: "--setenv=${name}") (lib.attrNames (removeAttrs environment [ "HOME" ]))
          )
        } -- "$program" "$@"
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
  inherit restore maintenance;
  backup = backupCommand;
  prepare = scriptWith [ backupCommand ] "teslamate-prepare" ./backup/prepare.sh;
  setUpDatabase = script "teslamate-set-up-database" ./backup/set-up-database.sh;

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
