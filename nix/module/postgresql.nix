# PostgreSQL on this machine: server, role, database, extensions.
{
  config,
  options,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib)
    mkDefault
    mkIf
    mkOverride
    versionAtLeast
    versionOlder
    ;

  cfg = config.services.teslamate;
  shared = import ./shared.nix { inherit config lib pkgs; };
  server = config.services.postgresql;

  supported =
    version:
    (versionAtLeast version "15" && versionOlder version "16")
    || (versionAtLeast version "16.7" && versionOlder version "17")
    || (versionAtLeast version "17.3" && versionOlder version "18")
    || versionAtLeast version "18";

  # Stronger than nixpkgs' mkDefault by system.stateVersion, weaker than what the administrator says.
  ours = 900;
  # 1500 is the priority of an option's default.
  isChosen =
    options.services.postgresql.package.highestPrio < ours
    || options.services.teslamate.postgres.package.highestPrio < 1500;

  # Whoever else has something in the server. Another version starts with an empty folder, and theirs would be gone with ours.
  others =
    lib.filter (name: name != cfg.postgres.database) server.ensureDatabases
    ++ lib.filter (name: name != cfg.postgres.user) (map (one: one.name) server.ensureUsers)
    ++ lib.optional (server.initialScript != null) "services.postgresql.initialScript"
    ++ lib.optional (builtins.length options.services.postgresql.enable.definitions > 1) "another definition of services.postgresql.enable";

  # What nixpkgs takes without us, by the release that the machine was installed with.
  usual =
    let
      since = versionAtLeast config.system.stateVersion;
    in
    if since "26.11" then
      "18"
    else if since "25.11" then
      "17"
    else if since "24.11" then
      "16"
    else if since "23.11" then
      "15"
    else
      "14";
  major = lib.versions.major cfg.postgres.package.version;
in
{
  config = mkIf (cfg.enable && cfg.postgres.enable_server) {
    assertions = [
      {
        assertion = isChosen || others == [ ] || usual == major;
        message = ''
          services.teslamate.postgres.enable_server would take PostgreSQL ${major} on a machine where it may be ${usual} that serves ${lib.concatStringsSep ", " others}: another
          version starts empty. Say which one the data is in (ls /var/lib/postgresql): services.postgresql.package = pkgs.postgresql_${usual}; or pkgs.postgresql_${major}.
        '';
      }
      {
        assertion = supported shared.postgresql.version;
        message = ''
          services.postgresql.package, which services.teslamate.postgres.package sets by default, is PostgreSQL ${shared.postgresql.version}. Supported are 15, 16.7 and newer 16, 17.3 and newer 17, and 18.
        '';
      }
      {
        assertion = lib.elem cfg.postgres.host [
          "127.0.0.1"
          "::1"
          "localhost"
        ];
        message = ''
          services.teslamate.postgres.host = "${cfg.postgres.host}" is elsewhere, and services.teslamate.postgres.enable_server makes a server on this machine. Leave out one of the two.
        '';
      }
      {
        assertion =
          !(lib.elem cfg.postgres.database [
            "postgres"
            "template0"
            "template1"
          ])
          && cfg.postgres.user != "postgres";
        message = ''
          services.teslamate.postgres would take PostgreSQL's own database or role. Set names of its own, such as "teslamate".
        '';
      }
    ];

    services.postgresql = {
      enable = true;
      package = mkOverride ours cfg.postgres.package;
      settings.port = mkDefault cfg.postgres.port;
      ensureDatabases = [ cfg.postgres.database ];
      ensureUsers = [
        {
          name = cfg.postgres.user;
          ensureDBOwnership = cfg.postgres.user == cfg.postgres.database;
        }
      ];
    };

    systemd.services.postgresql-setup = {
      after = shared.needsPasswordUnit;
      requires = shared.needsPasswordUnit;
      serviceConfig = {
        ExecStartPost = [ (lib.getExe shared.scripts.setUpDatabase) ];
      }
      // shared.passwordCredential;
    };
  };
}
