# The options, and what of them cannot work together.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib)
    literalExpression
    mkEnableOption
    mkIf
    mkOption
    mkPackageOption
    optional
    types
    ;

  cfg = config.services.teslamate;
  shared = import ./shared.nix { inherit config lib pkgs; };
  inherit (shared) given backupDirectory listensOnSocket;

  matches = pattern: text: builtins.match pattern text != null;
  # types.externalPath, or the name of a credential that systemd looks for in its own folders.
  credential = types.either types.externalPath (types.strMatching "[A-Za-z0-9_.-]+");
  settingNames = builtins.attrNames cfg.settings;
  wrong = description: option: value: remedy: "services.teslamate.${option} = ${builtins.toJSON value} is ${description}. ${remedy}";

  refuse = condition: message: {
    assertion = !condition;
    inherit message;
  };

  path = "/([A-Za-z0-9._~-]+/?)*";
  isAddress =
    address:
    matches "[0-9]{1,3}([.][0-9]{1,3}){3}" address || (matches "[0-9A-Fa-f:.]+(%[A-Za-z0-9]+)?" address && lib.hasInfix ":" address);
  isLocal = address: lib.hasPrefix "/" address || lib.hasPrefix "127." address || address == "::1";
  unreachable = lib.filter (folder: backupDirectory == folder || lib.hasPrefix "${folder}/" backupDirectory) [
    "/home"
    "/root"
    "/run/user"
    "/tmp"
    "/var/tmp"
    "/nix/store"
  ];
in
{
  options.services.teslamate = {
    enable = mkEnableOption "TeslaMate, a data logger for Tesla cars";

    package = mkPackageOption pkgs "teslamate" { };

    secretsFile = mkOption {
      type = types.nullOr types.externalPath;
      default = null;
      example = "/run/secrets/teslamate.env";
      description = ''
        File with secret settings as `NAME=value` lines, in the syntax of systemd's `EnvironmentFile`: `ENCRYPTION_KEY`, and where they are
        needed `DATABASE_PASS`, `MQTT_USERNAME`, `MQTT_PASSWORD`. Its values win over every other setting. Only the service gets all of them;
        PostgreSQL's set-up, Grafana and backups get `DATABASE_PASS` and nothing else. It must not be in the Nix store.
      '';
    };

    credentials = mkOption {
      type = types.attrsOf credential;
      default = { };
      example = literalExpression ''
        {
          ENCRYPTION_KEY = "/run/secrets/teslamate-encryption-key";
          MQTT_PASSWORD = "mqtt-password";
        }
      '';
      description = ''
        Secrets as files, one secret a file, named by the setting they are for: the path of the file, or the name of a credential in systemd's own folders
        such as `/etc/credstore`. They are handed to the service with systemd's `LoadCredential`, so that only the service can read them and they
        never enter its environment.
      '';
    };

    encryptedCredentials = mkOption {
      type = types.attrsOf credential;
      default = { };
      example = literalExpression ''{ ENCRYPTION_KEY = "/etc/nixos/teslamate-encryption-key.cred"; }'';
      description = ''
        As {option}`services.teslamate.credentials`, encrypted with `systemd-creds encrypt --name=NAME` for this machine.
      '';
    };

    settings = mkOption {
      type = types.attrsOf (
        types.oneOf [
          types.bool
          types.int
          types.str
        ]
      );
      default = { };
      example = literalExpression ''
        {
          TZ = "Europe/Berlin";
          DEFAULT_GEOFENCE = "elsewhere";
          MQTT_TLS = true;
        }
      '';
      description = ''
        Further environment variables of the program, by name; each value reaches it byte for byte. Not for what has an option of its own, and not for secrets:
        what stands here is readable by everybody in the Nix store.
      '';
    };

    autoStart = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the service starts when the machine does.";
    };

    listenAddress = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "127.0.0.1";
      description = ''
        Address the web pages listen on: an IPv4 or IPv6 address, or the path of a unix socket in `/run/teslamate`. With `null` the program decides: every
        address once a password is set, otherwise loopback only.
      '';
    };

    port = mkOption {
      type = types.port;
      default = 4000;
      description = "TCP port of the web pages.";
    };

    apiPort = mkOption {
      type = types.nullOr types.port;
      default = null;
      example = 8080;
      description = ''
        TCP port of a second listener that has the interfaces for apps and no pages, for apps that know the address of the container `teslamateapi`. It listens on the
        addresses of the pages, with a unix socket on loopback; `null` for none.
      '';
    };

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether to open the firewall for the web pages: their own port, or with {option}`services.teslamate.nginx.enable` those of the reverse proxy.
      '';
    };

    virtualHost = mkOption {
      type = types.str;
      default = if config.networking.domain == null then "localhost" else config.networking.fqdn;
      defaultText = literalExpression ''if config.networking.domain == null then "localhost" else config.networking.fqdn'';
      description = "Host name under which the web pages and Grafana are reached.";
    };

    urlPath = mkOption {
      type = types.str;
      default = "/";
      example = "/teslamate";
      description = "Path under which a reverse proxy serves the web pages.";
    };

    postgres = {
      enable_server = mkEnableOption "a PostgreSQL server on this machine, with the role, the database and the extensions";

      package = mkPackageOption pkgs "postgresql_17" {
        extraDescription = ''
          On this machine {option}`services.postgresql.package` wins over it; set that where others use the server already. The backup scripts use the
          same version as client; of a server elsewhere it must not be older than that.
        '';
      };

      user = mkOption {
        type = types.strMatching "[A-Za-z_][A-Za-z0-9_-]{0,62}";
        default = "teslamate";
        description = "Role that owns the database. It needs no special rights.";
      };

      database = mkOption {
        # Restores add up to 23 characters to it.
        type = types.strMatching "[A-Za-z_][A-Za-z0-9_-]{0,39}";
        default = "teslamate";
        description = "Name of the database.";
      };

      host = mkOption {
        type = types.strMatching "[A-Za-z0-9:._-]+";
        default = "127.0.0.1";
        description = "Host of a server elsewhere; the one on this machine is reached through its socket or loopback.";
      };

      port = mkOption {
        type = types.port;
        default = 5432;
        description = "Port of the server. On this machine {option}`services.postgresql.settings.port` wins over it.";
      };
    };

    migrations.rollbackUnknown = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether a start may undo migrations of a newer version of the program that this one does not know, with the undo scripts kept in the
        database, so that going back to an earlier NixOS generation takes the database along. Data that only the newer schema holds is lost;
        with {option}`services.teslamate.backup.beforeUpgrade` a backup is taken first.
      '';
    };

    backup = {
      beforeUpgrade = mkOption {
        type = types.bool;
        default = true;
        description = "Whether a start that has migrations to run takes a backup first.";
      };

      schedule = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "daily";
        description = "When to take backups, as a systemd calendar expression; `null` for never.";
      };

      retention = mkOption {
        type = types.ints.positive;
        default = 14;
        description = "How many scheduled backups to keep, and how many of those taken before upgrades; older ones are deleted.";
      };

      directory = mkOption {
        type = types.path;
        default = "${shared.stateDirectory}/backups";
        description = ''
          Where backups go that are not given a place. One that exists already must let the user `teslamate` write to it. It may be a file system of its own,
          also of the network: whatever needs it waits until it is mounted.
        '';
      };

      onFailure = mkOption {
        type = types.listOf types.str;
        default = [ "teslamate-backup-failed.service" ];
        example = [ "mail-the-administrator.service" ];
        description = ''
          Units that are started when a scheduled backup fails. The one of the module's own says so in the journal, at the priority of errors, and how old the
          newest backup is.
        '';
      };
    };

    nginx = {
      enable = mkEnableOption "a virtual host of nginx for the web pages";

      forceSSL = mkOption {
        type = types.bool;
        default = false;
        description = "Whether the virtual host answers over TLS only.";
      };

      enableACME = mkOption {
        type = types.bool;
        default = false;
        description = "Whether the certificate comes from Let's Encrypt.";
      };

      useACMEHost = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "example.com";
        description = "Name of a certificate of {option}`security.acme.certs` to use.";
      };
    };

    grafana = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Whether to enable Grafana with the data source and the dashboards. A database of {option}`services.teslamate.postgres.enable_server` is
          read through the server's socket by the role `grafana`, which may select from the tables of the schema `public` and what the measures keep, and
          needs no password. Any other database is read as that role with {option}`services.teslamate.grafana.databasePasswordFile`, otherwise as
          its owner.
        '';
      };

      dashboards = mkOption {
        type = types.nullOr types.path;
        default = ../grafana;
        defaultText = literalExpression "the dashboards of this program";
        example = literalExpression ''"''${pkgs.fetchFromGitHub { … }}/grafana"'';
        description = ''
          Folder with the dashboards: `dashboards/*.json`, `dashboards/internal/*.json` and `dashboards/reports/*.json`. With null the folders are
          provisioned empty.
        '';
      };

      listenAddress = mkOption {
        type = types.str;
        default = "0.0.0.0";
        description = "Address Grafana listens on.";
      };

      port = mkOption {
        type = types.port;
        default = 3000;
        description = "Port of Grafana.";
      };

      urlPath = mkOption {
        type = types.str;
        default = "/";
        description = "Path under which Grafana is served.";
      };

      setDefaultDashboard = mkOption {
        type = types.bool;
        default = true;
        description = "Whether the home dashboard is Grafana's start page; needs {option}`services.teslamate.grafana.dashboards`.";
      };

      databasePasswordFile = mkOption {
        type = types.nullOr types.externalPath;
        default = null;
        example = "/run/secrets/grafana-database-password";
        description = ''
          File with the password of the role `grafana` on a database server of another machine; `docs/how-to` says how the role is made there. It is
          read by systemd, and need not be readable by Grafana's user. With null Grafana reads such a database as its owner, who may change it.
        '';
      };

      secretKeyFile = mkOption {
        type = types.nullOr types.externalPath;
        default = null;
        example = "/run/secrets/grafana-secret-key";
        description = "File with the key that Grafana encrypts its own secrets with. It is read by systemd, and need not be readable by Grafana's user.";
      };
    };

    telemetry = {
      enable = mkEnableOption "an endpoint that cars send their data to by themselves (Fleet Telemetry)";

      listenAddress = mkOption {
        type = types.str;
        default = "0.0.0.0";
        example = "::";
        description = "Address the endpoint listens on. Cars come from the internet; nothing that ends TLS may stand before it.";
      };

      port = mkOption {
        type = types.port;
        default = 4443;
        description = "TCP port of the endpoint; `teslamate telemetry configure --port` tells it to the cars.";
      };

      openFirewall = mkOption {
        type = types.bool;
        default = false;
        description = "Whether to open the firewall for the endpoint.";
      };

      certificateFile = mkOption {
        type = types.externalPath;
        default = shared.telemetry.ownCertificate;
        defaultText = literalExpression ''"/var/lib/teslamate/telemetry.crt"'';
        description = ''
          The endpoint's certificate with its chain, PEM, readable by the user `teslamate`. The default is what `teslamate telemetry certificate HOST` makes. A file
          that changes is read again while the service runs.
        '';
      };

      keyFile = mkOption {
        type = types.externalPath;
        default = shared.telemetry.ownKey;
        defaultText = literalExpression ''"/var/lib/teslamate/telemetry.key"'';
        description = "The key of the certificate, PEM, readable by the user `teslamate`.";
      };

      useACMEHost = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "telemetry.example.com";
        description = ''
          Name of a certificate of {option}`security.acme.certs` to use instead. Its files reach the service with systemd's `LoadCredential`, and a renewal restarts
          it. Cars must then be configured with the authority's root (`teslamate telemetry configure --ca`), not with an intermediate, which changes.
        '';
      };
    };

    mqtt = {
      enable = mkEnableOption "publishing to an MQTT broker";

      host = mkOption {
        type = types.str;
        default = "127.0.0.1";
        description = "Host of the broker.";
      };

      port = mkOption {
        type = types.nullOr types.port;
        default = null;
        example = 1883;
        description = "Port of the broker; `null` for the usual one, 1883, or 8883 with TLS.";
      };

      discovery = {
        enable = mkEnableOption "discovery by Home Assistant";

        url = mkOption {
          type = types.str;
          default = "";
          example = "https://teslamate.example.com/";
          description = "Address of the web pages that Home Assistant links to.";
        };

        prefix = mkOption {
          type = types.str;
          default = "homeassistant";
          description = "Topic under which Home Assistant looks for devices.";
        };
      };
    };
  };

  config = mkIf cfg.enable {
    assertions = [
      (refuse (!(given "ENCRYPTION_KEY") || cfg.settings ? ENCRYPTION_KEY) ''
        services.teslamate has no key to encrypt Tesla's tokens with. Set services.teslamate.credentials.ENCRYPTION_KEY to a file that holds it, or
        services.teslamate.secretsFile to a file with the line ENCRYPTION_KEY=...; not services.teslamate.settings, which is world-readable.
      '')
      (refuse
        (lib.any (name: cfg.settings ? ${name}) (
          lib.filter (name: name != "ENCRYPTION_KEY" && name != "MQTT_USERNAME") shared.secrets
        ))
        ''
          services.teslamate.settings holds a secret; it would be readable by everybody in the Nix store. Move ${
            lib.concatStringsSep ", " (
              lib.filter (name: cfg.settings ? ${name} && name != "MQTT_USERNAME") shared.secrets
            )
          } to services.teslamate.credentials or services.teslamate.secretsFile.
        ''
      )
      (refuse (!(shared.usesSocket || given "DATABASE_PASS" || cfg.settings ? DATABASE_SOCKET_DIR)) ''
        services.teslamate reaches PostgreSQL over TCP and has no password. Set services.teslamate.credentials.DATABASE_PASS to a file that holds it,
        or use services.teslamate.postgres.enable_server with the role "teslamate", which needs none.
      '')
    ]
    ++ map (
      name:
      refuse (!(matches "[A-Za-z_][A-Za-z0-9_]*" name)) (
        "services.teslamate.settings.${builtins.toJSON name} is no name of an environment variable: letters, digits and underscores."
      )
    ) settingNames
    ++ map (
      name:
      refuse (cfg.settings ? ${name}) ''
        services.teslamate.settings.${name} would not be followed by the rest of the machine. Set services.teslamate.${shared.optionOf.${name}} instead.
      ''
    ) (builtins.attrNames shared.optionOf)
    ++ map (
      name:
      refuse (!(lib.elem name shared.secrets)) ''
        services.teslamate.credentials.${name} is no secret of the program's. It knows ${lib.concatStringsSep ", " shared.secrets}.
      ''
    ) (lib.unique (builtins.attrNames cfg.credentials ++ builtins.attrNames cfg.encryptedCredentials))
    ++ [
      (refuse (cfg.postgres.enable_server && cfg.settings ? DATABASE_SOCKET_DIR) ''
        services.teslamate.settings.DATABASE_SOCKET_DIR is for a server that somebody else set up. Leave it out with services.teslamate.postgres.enable_server.
      '')
      (refuse (cfg.listenAddress != null && !listensOnSocket && !(isAddress cfg.listenAddress)) (
        wrong "no address" "listenAddress" cfg.listenAddress
          "Set an IPv4 address such as 127.0.0.1, an IPv6 address without brackets such as ::1, or the path of a socket in /run/teslamate."
      ))
      (refuse
        (
          listensOnSocket
          && !(matches "/(run|var/lib)/teslamate(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+" cfg.listenAddress)
        )
        (
          wrong "a socket that the service may not make" "listenAddress" cfg.listenAddress
            "Set a path in its own folder, such as /run/teslamate/web.sock."
        )
      )
      (refuse (!(matches path cfg.urlPath)) (
        wrong "no path" "urlPath" cfg.urlPath "It begins with a slash and holds letters, digits and . _ ~ -, for example /teslamate."
      ))
      (refuse (!(matches "[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?" cfg.virtualHost)) (
        wrong "no host name" "virtualHost" cfg.virtualHost "Set a name such as teslamate.example.com, without scheme and port."
      ))
      (refuse (unreachable != [ ]) (
        wrong "hidden from the service" "backup.directory" backupDirectory
          "Its sandbox sees nothing below ${lib.concatStringsSep ", " unreachable}. Set a folder such as /var/backup/teslamate."
      ))
      (refuse (!(matches "/[^\n\"'\\]*" backupDirectory)) (
        wrong "no path for a unit file" "backup.directory" backupDirectory "Set a path without quotes, backslashes and line breaks."
      ))
    ];

    warnings =
      optional
        (cfg.openFirewall && !cfg.nginx.enable && (cfg.listenAddress == null || !isLocal cfg.listenAddress))
        ''
          services.teslamate.openFirewall lets everybody on the network reach the web pages over plain HTTP. Set a password with `teslamate set-password`,
          and prefer services.teslamate.nginx with TLS.
        ''
      ++
        optional
          (cfg.openFirewall && !cfg.nginx.enable && cfg.listenAddress != null && isLocal cfg.listenAddress)
          ''
            services.teslamate.openFirewall opens a port that services.teslamate.listenAddress = "${cfg.listenAddress}" does not serve. Listen on an address of the
            network, or leave the firewall closed.
          ''
      ++ optional (!cfg.backup.beforeUpgrade && cfg.migrations.rollbackUnknown) ''
        services.teslamate.migrations.rollbackUnknown may drop data, and no backup is taken first. Set services.teslamate.backup.beforeUpgrade = true.
      '';
  };
}
