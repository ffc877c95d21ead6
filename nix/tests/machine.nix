# Evaluates a configuration with nix/module.nix on a machine without nixpkgs, and renders what it would put there:
#   nix-instantiate --eval --strict --json nix/tests/machine.nix -A rendered --arg configuration '{ services.teslamate.enable = true; }'
# `lib` may be nixpkgs' own library: --arg lib 'import <nixpkgs/lib>'.
{
  lib ? import ./lib.nix,
  configuration ? { },
}:
let
  # Packages are names only: the machine under test links them to what it has.
  fake = name: version: {
    inherit name version;
    pname = name;
    type = "derivation";
    outPath = "/nix/store/00000000000000000000000000000000-${name}";
    meta.mainProgram = name;
  };

  pkgs =
    builtins.listToAttrs (
      map
        (name: {
          inherit name;
          value = fake name "1";
        })
        [
          "coreutils"
          "findutils"
          "gawk"
          "gnugrep"
          "gnused"
          "gzip"
          "jq"
          "systemd"
          "util-linux"
          "zstd"
        ]
    )
    // {
      teslamate = fake "teslamate" "0.1.0";
      postgresql_15 = fake "postgresql" "15.14";
      postgresql_16 = fake "postgresql" "16.3";
      postgresql_17 = fake "postgresql" "17.10";
      postgresql_18 = fake "postgresql" "18.4";
      writeShellApplication =
        {
          name,
          text,
          runtimeInputs ? [ ],
          excludeShellChecks ? [ ],
        }:
        fake name "1"
        // {
          outPath = "/nix/store/00000000000000000000000000000000-script-${name}";
          script = ''
            #!/bin/bash
            set -o errexit
            set -o nounset
            set -o pipefail
            export PATH="${lib.concatMapStringsSep ":" (input: "${input}/bin") runtimeInputs}:$PATH"
            ${text}'';
          inputs = runtimeInputs;
        };
      runCommandLocal =
        name: _: _:
        fake name "1";
    };

  anything = lib.mkOption {
    type = lib.types.anything;
    default = { };
  };
  listOf =
    type:
    lib.mkOption {
      type = lib.types.listOf type;
      default = [ ];
    };

  # The options of NixOS that the module sets, as far as it needs them.
  nixos =
    { config, ... }:
    {
      options = {
        assertions = listOf lib.types.anything;
        warnings = listOf lib.types.str;
        environment.systemPackages = listOf lib.types.package;
        networking.domain = lib.mkOption {
          type = lib.types.nullOr lib.types.str;
          default = null;
        };
        networking.fqdn = lib.mkOption {
          type = lib.types.str;
          default = "machine.example.org";
        };
        networking.firewall.allowedTCPPorts = listOf lib.types.port;
        users.users = anything;
        users.groups = anything;
        systemd.services = anything;
        systemd.timers = anything;
        systemd.tmpfiles.rules = listOf lib.types.str;
        services.postgresql = {
          enable = lib.mkOption {
            type = lib.types.bool;
            default = false;
          };
          package = lib.mkOption { type = lib.types.package; };
          settings = anything;
          authentication = lib.mkOption {
            type = lib.types.str;
            default = "";
          };
          ensureDatabases = listOf lib.types.str;
          ensureUsers = listOf lib.types.anything;
        };
        services.nginx = anything;
        services.grafana = anything;
      };

      # As nixpkgs chooses it by system.stateVersion.
      config = lib.mkIf config.services.postgresql.enable {
        services.postgresql.package = lib.mkDefault pkgs.postgresql_17;
      };
    };

  evaluated = lib.evalModules {
    modules = [
      ../module.nix
      nixos
      { config = configuration; }
    ];
    specialArgs = { inherit pkgs; };
  };
  inherit (evaluated) config;

  failed = builtins.filter (assertion: !assertion.assertion) config.assertions;

  # systemd's syntax: lists are repeated assignments, a word with blanks is quoted.
  value =
    v:
    if v == true then
      "true"
    else if v == false then
      "false"
    else
      toString v;
  assignments = lib.mapAttrsToList (
    name: v:
    lib.concatMapStringsSep "" (item: "${name}=${value item}\n") (
      if builtins.isList v then (if v == [ ] then [ ] else v) else [ v ]
    )
  );
  quoted = text: builtins.replaceStrings [ "\\" "\"" "%" ] [ "\\\\" "\\\"" "%%" ] text;
  unit =
    name: service:
    ''
      [Unit]
      Description=${service.description or name}
    ''
    + lib.concatMapStringsSep "" (dependency: "${dependency.key}=${toString dependency.units}\n") (
      builtins.filter (dependency: dependency.units != [ ]) [
        {
          key = "Wants";
          units = service.wants or [ ];
        }
        {
          key = "Requires";
          units = service.requires or [ ];
        }
        {
          key = "After";
          units = service.after or [ ];
        }
      ]
    )
    + lib.concatStrings (assignments (service.unitConfig or { }))
    + ''

      [Service]
    ''
    + lib.concatStrings (
      lib.mapAttrsToList (name: v: "Environment=\"${name}=${quoted v}\"\n") (service.environment or { })
    )
    + lib.concatStrings (assignments (service.serviceConfig or { }))
    + lib.optionalString ((service.wantedBy or [ ]) != [ ]) ''

      [Install]
      WantedBy=${toString service.wantedBy}
    '';

  timer =
    name: definition:
    ''
      [Unit]
      Description=${definition.description or name}

      [Timer]
    ''
    + lib.concatStrings (assignments definition.timerConfig)
    + ''

      [Install]
      WantedBy=${toString definition.wantedBy}
    '';

  dataSource = builtins.head (
    config.services.grafana.provision.datasources.settings.datasources or [ { } ]
  );

  scripts = import ../backup.nix {
    inherit lib pkgs;
    inherit (config.services.teslamate) package backup secretsFile;
    inherit (config.services.teslamate.migrations) rollbackUnknown;
    user = "teslamate";
    stateDirectory = "/var/lib/teslamate";
    inherit (config.systemd.services.teslamate) environment;
    localServer = config.services.teslamate.postgres.enable_server;
    usesSocket = config.systemd.services.teslamate.environment ? DATABASE_SOCKET_DIR;
    # As the data source says it.
    reader = if dataSource.url or "" == "/run/postgresql" then dataSource.user else "";
    credentials = config.systemd.services.teslamate.serviceConfig.LoadCredential;
    postgresql =
      if config.services.postgresql.enable then
        config.services.postgresql.package
      else
        config.services.teslamate.postgres.package;
  };
in
{
  inherit config pkgs;

  # Messages of the assertions that fail, and the warnings.
  problems = {
    assertions = map (assertion: assertion.message) failed;
    inherit (config) warnings;
  };

  # What the machine gets: unit files by name, scripts by path, links from the store to the machine's own programs.
  rendered =
    if failed != [ ] then
      throw (builtins.concatStringsSep "\n" (map (assertion: assertion.message) failed))
    else
      {
        units =
          builtins.listToAttrs (
            lib.mapAttrsToList (name: service: {
              name = "${name}.service";
              value = unit name service;
            }) config.systemd.services
          )
          // builtins.listToAttrs (
            lib.mapAttrsToList (name: definition: {
              name = "${name}.timer";
              value = timer name definition;
            }) config.systemd.timers
          );
        scripts = builtins.listToAttrs (
          map
            (script: {
              name = "${script}/bin/${script.name}";
              value = script.script;
            })
            (
              scripts.all
              ++ [
                scripts.prepare
                scripts.setUpDatabase
              ]
            )
        );
        programs = map (input: "${input}/bin") scripts.backup.inputs;
        commands = map (script: "${script}/bin/${script.name}") scripts.all;
        tmpfiles = config.systemd.tmpfiles.rules;
        inherit (config) warnings;
      };
}
