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
          "gnugrep"
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
      writeText =
        name: text:
        fake name "1"
        // {
          outPath = "/nix/store/00000000000000000000000000000000-${name}";
          inherit text;
        };
      runCommandLocal =
        name: _: _:
        fake name "1";
    };

  inherit (lib) types;
  option = type: default: lib.mkOption { inherit type default; };
  optionOf = type: lib.mkOption { inherit type; };
  listOf = type: option (types.listOf type) [ ];
  setOf = type: option (types.attrsOf type) { };
  submodule = options: types.submodule { inherit options; };
  freeform =
    freeformType: options:
    types.submodule {
      inherit freeformType options;
    };
  atom = types.nullOr (
    types.oneOf [
      types.bool
      types.int
      types.float
      types.str
    ]
  );
  # Something that becomes YAML; a function or a package would not.
  yaml = lib.mkOptionType {
    name = "YAML value";
    check = value: !(builtins.isFunction value);
    merge =
      _: definitions:
      if builtins.length definitions == 1 then
        builtins.fromJSON (builtins.toJSON (builtins.head definitions).value)
      else
        throw "A YAML value is defined more than once.";
  };

  # systemd's own, as nixpkgs declares it: all lists, which add up, or one value.
  unitOption = lib.mkOptionType {
    name = "systemd option";
    merge =
      loc: definitions:
      let
        values = map (definition: definition.value) definitions;
      in
      if builtins.all builtins.isList values then
        builtins.concatLists values
      else if builtins.any builtins.isList values then
        throw "The definitions of ${toString loc} should be either all lists or all non-lists."
      else if builtins.length (lib.unique values) == 1 then
        builtins.head values
      else
        throw "${toString loc} is defined differently in two places (systemd option).";
  };
  unitName = types.strMatching "[a-zA-Z0-9@%:_.\\-]+[.](service|socket|device|mount|automount|swap|target|path|timer|scope|slice)";
  unitOptions = {
    description = option types.str "";
    wantedBy = listOf unitName;
    wants = listOf unitName;
    requires = listOf unitName;
    after = listOf unitName;
    before = listOf unitName;
    onFailure = listOf unitName;
    unitConfig = setOf unitOption;
  };

  # The options of NixOS that the module sets, with nixpkgs' types as far as it needs them.
  nixos =
    { config, ... }:
    {
      options = {
        assertions = listOf (submodule {
          assertion = optionOf types.bool;
          message = optionOf types.str;
        });
        warnings = listOf types.str;
        system.stateVersion = option types.str "26.05";
        environment.systemPackages = listOf types.package;
        networking.domain = option (types.nullOr types.str) null;
        networking.fqdn = option types.str "machine.example.org";
        networking.firewall.allowedTCPPorts = listOf types.port;
        users.users = setOf (submodule {
          isSystemUser = option types.bool false;
          group = optionOf types.str;
          home = option types.path "/var/empty";
        });
        users.groups = setOf (submodule {
          gid = option (types.nullOr types.int) null;
        });
        security.acme.certs = setOf (submodule {
          reloadServices = listOf types.str;
        });
        systemd.services = setOf (
          submodule (
            unitOptions
            // {
              environment = setOf (types.nullOr types.str);
              path = listOf types.package;
              serviceConfig = setOf unitOption;
            }
          )
        );
        systemd.timers = setOf (submodule (unitOptions // { timerConfig = setOf unitOption; }));
        systemd.tmpfiles.rules = listOf types.str;
        services.postgresql = {
          enable = option types.bool false;
          package = optionOf types.package;
          settings = setOf atom;
          authentication = option types.lines "";
          initialScript = option (types.nullOr types.path) null;
          ensureDatabases = listOf types.str;
          ensureUsers = listOf (submodule {
            name = optionOf types.str;
            ensureDBOwnership = option types.bool false;
          });
        };
        services.nginx = {
          enable = option types.bool false;
          recommendedProxySettings = option types.bool false;
          virtualHosts = setOf (submodule {
            forceSSL = option types.bool false;
            enableACME = option types.bool false;
            useACMEHost = option (types.nullOr types.str) null;
            # nixpkgs has no default for these two.
            sslCertificate = option (types.nullOr types.path) null;
            sslCertificateKey = option (types.nullOr types.path) null;
            extraConfig = option types.lines "";
            locations = setOf (submodule {
              proxyPass = option (types.nullOr types.str) null;
              proxyWebsockets = option types.bool false;
              extraConfig = option types.lines "";
            });
          });
        };
        services.grafana = {
          enable = option types.bool false;
          settings = setOf (types.attrsOf atom);
          provision = {
            enable = option types.bool false;
            datasources.settings = option (types.nullOr (submodule {
              apiVersion = option types.int 1;
              datasources = listOf (
                freeform (types.attrsOf yaml) {
                  name = optionOf types.str;
                  type = optionOf types.str;
                  access = option (types.enum [
                    "proxy"
                    "direct"
                  ]) "proxy";
                  url = option types.str "";
                  editable = option types.bool false;
                }
              );
            })) null;
            dashboards.settings = option (types.nullOr (submodule {
              apiVersion = option types.int 1;
              providers = listOf (
                freeform (types.attrsOf yaml) {
                  name = option types.str "default";
                  type = option types.str "file";
                  options.path = optionOf types.path;
                }
              );
            })) null;
          };
        };
      };

      config = {
        # As nixpkgs chooses it by system.stateVersion.
        services.postgresql.package = lib.mkIf config.services.postgresql.enable (
          lib.mkDefault (
            if lib.versionAtLeast config.system.stateVersion "25.11" then
              pkgs.postgresql_17
            else if lib.versionAtLeast config.system.stateVersion "24.11" then
              pkgs.postgresql_16
            else
              pkgs.postgresql_15
          )
        );
        services.postgresql.settings.port = lib.mkOptionDefault 5432;
        services.grafana.settings.server = {
          domain = lib.mkOptionDefault "localhost";
          http_addr = lib.mkOptionDefault "127.0.0.1";
          http_port = lib.mkOptionDefault 3000;
        };
      };
    };

  evaluated = lib.evalModules {
    modules = [
      ../module.nix
      nixos
      configuration
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
      if builtins.isList v then v else [ v ]
    )
  );
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
        {
          key = "OnFailure";
          units = service.onFailure or [ ];
        }
      ]
    )
    + lib.concatStrings (assignments (service.unitConfig or { }))
    + ''

      [Service]
    ''
    + lib.concatStrings (
      # As nixpkgs writes it: quoted as JSON, percent signs and all, and not without a limit.
      lib.mapAttrsToList (
        name: v:
        let
          line = "Environment=${builtins.toJSON "${name}=${v}"}\n";
        in
        if builtins.stringLength line >= 2048 then
          throw "The value of the environment variable '${name}' in systemd service is too long."
        else
          line
      ) service.environment
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

  inherit (import ../module/shared.nix { inherit config lib pkgs; }) scripts;
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
        scripts =
          builtins.listToAttrs (
            map
              (script: {
                name = "${script}/bin/${script.name}";
                value = script.script;
              })
              (
                scripts.all
                ++ [
                  scripts.backupFailed
                  scripts.databasePassword
                  scripts.prepare
                  scripts.setUpDatabase
                ]
              )
          )
          // {
            "${scripts.settings}" = scripts.settings.text;
          };
        programs = map (input: "${input}/bin") scripts.backup.inputs;
        commands = map (script: "${script}/bin/${script.name}") scripts.all;
        tmpfiles = config.systemd.tmpfiles.rules;
        inherit (config) warnings;
      };
}
