# services.teslamate: the logger, and on request its PostgreSQL, Grafana, reverse proxy and backups.
# Options that the reference's module has keep their names, so that a configuration carries over.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib)
    hasPrefix
    literalExpression
    mapAttrs
    mapAttrsToList
    mkDefault
    mkEnableOption
    mkIf
    mkMerge
    mkOption
    mkOverride
    mkPackageOption
    optional
    optionalAttrs
    optionals
    types
    versionAtLeast
    versionOlder
    ;

  cfg = config.services.teslamate;
  user = "teslamate";
  stateDirectory = "/var/lib/teslamate";

  # PostgreSQL's peer authentication lets a system user in as the role of the same name.
  usesSocket = cfg.postgres.enable_server && cfg.postgres.user == user;

  # Grafana reads a database of this machine as a role of its own, which peer authentication knows by its system user. Of sockets it finds the default port's only.
  reader = "grafana";
  hasReader = cfg.grafana.enable && cfg.postgres.enable_server && cfg.postgres.port == 5432;

  databaseAddress = {
    DATABASE_USER = cfg.postgres.user;
    DATABASE_NAME = cfg.postgres.database;
    DATABASE_HOST = cfg.postgres.host;
    DATABASE_PORT = toString cfg.postgres.port;
  }
  // optionalAttrs usesSocket { DATABASE_SOCKET_DIR = "/run/postgresql"; };

  environment =
    databaseAddress
    // {
      PORT = toString cfg.port;
      VIRTUAL_HOST = cfg.virtualHost;
      URL_PATH = cfg.urlPath;
      TESLAMATE_SPOOL_DIR = "${stateDirectory}/spool";
      SRTM_CACHE = "/var/cache/teslamate/srtm";
      IMPORT_DIR = "${stateDirectory}/import";
      HOME = stateDirectory;
    }
    // optionalAttrs (cfg.listenAddress != null) { HTTP_BINDING_ADDRESS = cfg.listenAddress; }
    // (
      if cfg.mqtt.enable then
        {
          MQTT_HOST = cfg.mqtt.host;
        }
        // optionalAttrs (cfg.mqtt.port != null) { MQTT_PORT = toString cfg.mqtt.port; }
        // optionalAttrs cfg.mqtt.discovery.enable (
          {
            MQTT_HOME_ASSISTANT_DISCOVERY = "true";
            MQTT_HOME_ASSISTANT_DISCOVERY_PREFIX = cfg.mqtt.discovery.prefix;
          }
          // optionalAttrs (cfg.mqtt.discovery.url != "") {
            MQTT_HOME_ASSISTANT_DISCOVERY_URL = cfg.mqtt.discovery.url;
          }
        )
      else
        { DISABLE_MQTT = "true"; }
    )
    // mapAttrs (_: toText) cfg.settings;

  toText =
    value:
    if value == true then
      "true"
    else if value == false then
      "false"
    else
      toString value;

  scripts = import ./backup.nix {
    inherit lib pkgs;
    inherit (cfg) package backup secretsFile;
    inherit (cfg.migrations) rollbackUnknown;
    inherit
      user
      stateDirectory
      environment
      usesSocket
      ;
    reader = if hasReader then reader else "";
    localServer = cfg.postgres.enable_server;
    credentials = loadCredential;
    inherit postgresql;
  };

  loadCredential = mapAttrsToList (name: file: "${name}:${file}") cfg.credentials;
  databasePassword = optional (
    cfg.credentials ? DATABASE_PASS
  ) "DATABASE_PASS:${cfg.credentials.DATABASE_PASS}";
  # libpq's word for how the service itself is told to connect; DATABASE_SSL_MODE is the reference's variable for Grafana.
  databaseSslMode =
    cfg.settings.DATABASE_SSL_MODE or {
      "true" = "verify-full";
      "noverify" = "require";
    }
    .${cfg.settings.DATABASE_SSL or "false"} or "disable";

  program = lib.getExe cfg.package;

  # Everything that must hold of a secret: given once, by whichever way.
  given = name: cfg.settings ? ${name} || cfg.credentials ? ${name} || cfg.secretsFile != null;

  # toString: a path would be copied into the store where a text is made of it.
  backupDirectory = toString cfg.backup.directory;
  # The service can write to its own folder anyway, and makes what is below it.
  hasOwnBackupDirectory = !(hasPrefix "${stateDirectory}/" backupDirectory);

  # Of the server on this machine, which an administrator may have chosen: pg_dump refuses a newer server than itself.
  postgresql =
    if cfg.postgres.enable_server then config.services.postgresql.package else cfg.postgres.package;

  supportedPostgresql =
    version:
    (versionAtLeast version "15" && versionOlder version "16")
    || (versionAtLeast version "16.7" && versionOlder version "17")
    || (versionAtLeast version "17.3" && versionOlder version "18")
    || versionAtLeast version "18";

  dashboards = cfg.grafana.dashboards;

  # Nobody but this machine reaches it.
  isLocal = address: hasPrefix "/" address || hasPrefix "127." address || address == "::1";

  # Where a reverse proxy on this machine finds the pages.
  upstream =
    let
      address = cfg.listenAddress;
    in
    if address == null || address == "0.0.0.0" then
      "127.0.0.1:${toString cfg.port}"
    else if hasPrefix "/" address then
      "unix:${address}:"
    else if address == "::" then
      "[::1]:${toString cfg.port}"
    else if lib.hasInfix ":" address then
      "[${address}]:${toString cfg.port}"
    else
      "${address}:${toString cfg.port}";
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
        needed `DATABASE_PASS`, `MQTT_USERNAME`, `MQTT_PASSWORD`. Its values win over every other setting. It must not be in the Nix store.
      '';
    };

    credentials = mkOption {
      type = types.attrsOf types.externalPath;
      default = { };
      example = literalExpression ''
        {
          ENCRYPTION_KEY = "/run/secrets/teslamate-encryption-key";
          MQTT_PASSWORD = "/run/secrets/mqtt-password";
        }
      '';
      description = ''
        Secrets as files, one secret a file, named by the setting they are for. They are handed to the service with systemd's `LoadCredential`,
        so that only the service can read them and they never enter its environment.
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
        Further environment variables of the program, by name; they win over what the other options set. Not for secrets: what stands here is
        readable by everybody in the Nix store.
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
        Address the web pages listen on: an IPv4 or IPv6 address, or the path of a unix socket. With `null` the program decides: every address
        once a password is set, otherwise loopback only.
      '';
    };

    port = mkOption {
      type = types.port;
      default = 4000;
      description = "TCP port of the web pages.";
    };

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to open the port of the web pages in the firewall.";
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
        type = types.str;
        default = "teslamate";
        description = "Role that owns the database. It needs no special rights.";
      };

      database = mkOption {
        type = types.str;
        default = "teslamate";
        description = "Name of the database.";
      };

      host = mkOption {
        type = types.str;
        default = "127.0.0.1";
        description = "Host of the server, unless the local one is reached through its socket.";
      };

      port = mkOption {
        type = types.port;
        default = 5432;
        description = "Port of the server.";
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
        default = "${stateDirectory}/backups";
        description = "Where backups go that are not given a place. One that exists already must let the user `teslamate` write to it.";
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
    };

    grafana = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Whether to enable Grafana with the data source and the dashboards. A database of {option}`services.teslamate.postgres.enable_server` is
          read through the server's socket by the role `grafana`, which may select from the tables of the schema `public` and nothing else, and
          needs no password. Any other database is read as its owner, with `DATABASE_PASS`.
        '';
      };

      dashboards = mkOption {
        type = types.nullOr types.path;
        default = null;
        example = literalExpression ''"''${pkgs.fetchFromGitHub { … }}/grafana"'';
        description = ''
          Folder with the dashboards: `dashboards/*.json`, `dashboards/internal/*.json` and `dashboards/reports/*.json`. Without it the folders are
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

      secretKeyFile = mkOption {
        type = types.nullOr types.externalPath;
        default = null;
        example = "/run/secrets/grafana-secret-key";
        description = "File with the key that Grafana encrypts its own secrets with.";
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

  config = mkIf cfg.enable (mkMerge [
    {
      assertions = [
        {
          assertion = given "ENCRYPTION_KEY" && !(cfg.settings ? ENCRYPTION_KEY);
          message = ''
            services.teslamate has no key to encrypt Tesla's tokens with. Set services.teslamate.credentials.ENCRYPTION_KEY to a file that holds it, or
            services.teslamate.secretsFile to a file with the line ENCRYPTION_KEY=...; not services.teslamate.settings, which is world-readable.
          '';
        }
        {
          assertion =
            !(lib.any (name: cfg.settings ? ${name}) [
              "DATABASE_PASS"
              "MQTT_PASSWORD"
              "TOKEN"
              "SECRET_KEY_BASE"
              "WEB_PASSWORD"
              "WEB_API_TOKEN"
            ]);
          message = ''
            services.teslamate.settings holds a secret; it would be readable by everybody in the Nix store. Move DATABASE_PASS, MQTT_PASSWORD, TOKEN,
            SECRET_KEY_BASE, WEB_PASSWORD and WEB_API_TOKEN to services.teslamate.credentials or services.teslamate.secretsFile.
          '';
        }
        {
          assertion = usesSocket || given "DATABASE_PASS" || cfg.settings ? DATABASE_SOCKET_DIR;
          message = ''
            services.teslamate reaches PostgreSQL over TCP and has no password. Set services.teslamate.credentials.DATABASE_PASS to a file that holds it,
            or use services.teslamate.postgres.enable_server with the role "teslamate", which needs none.
          '';
        }
        {
          assertion = cfg.postgres.enable_server -> supportedPostgresql postgresql.version;
          message = ''
            services.postgresql.package, which services.teslamate.postgres.package sets by default, is PostgreSQL ${postgresql.version}. Supported are 15, 16.7 and newer 16, 17.3 and newer 17, and 18.
          '';
        }
        {
          assertion =
            cfg.grafana.enable -> hasReader || cfg.secretsFile != null || cfg.credentials ? DATABASE_PASS;
          message = ''
            services.teslamate.grafana needs the database's password, unless services.teslamate.postgres.enable_server is set and its port is 5432. Set
            services.teslamate.credentials.DATABASE_PASS to a file that holds it, or services.teslamate.secretsFile to one with the line DATABASE_PASS=...
          '';
        }
        {
          assertion =
            cfg.nginx.enable
            -> cfg.listenAddress == null || !(hasPrefix "/" cfg.listenAddress) || cfg.settings ? SOCKET_PERM;
          message = ''
            services.teslamate.nginx cannot open the socket ${toString cfg.listenAddress}. Set services.teslamate.settings.SOCKET_PERM = "666", or listen on 127.0.0.1.
          '';
        }
      ];

      warnings =
        optional (cfg.grafana.enable && cfg.grafana.secretKeyFile == null) ''
          services.teslamate.grafana uses Grafana's well-known old secret key. Set services.teslamate.grafana.secretKeyFile to a file with a key of your own.
        ''
        ++
          optional
            (cfg.openFirewall && !cfg.nginx.enable && (cfg.listenAddress == null || !isLocal cfg.listenAddress))
            ''
              services.teslamate.openFirewall lets everybody on the network reach the web pages over plain HTTP. Set a password with `teslamate set-password`,
              and prefer services.teslamate.nginx with TLS.
            ''
        ++ optional (cfg.openFirewall && cfg.listenAddress != null && isLocal cfg.listenAddress) ''
          services.teslamate.openFirewall opens a port that services.teslamate.listenAddress = "${cfg.listenAddress}" does not serve. Listen on an address of the
          network, or leave the firewall closed.
        ''
        ++ optional (cfg.nginx.enable && cfg.nginx.enableACME && !cfg.nginx.forceSSL) ''
          services.teslamate.nginx gets a certificate and serves plain HTTP all the same. Set services.teslamate.nginx.forceSSL = true.
        ''
        ++ optional (!cfg.backup.beforeUpgrade && cfg.migrations.rollbackUnknown) ''
          services.teslamate.migrations.rollbackUnknown may drop data, and no backup is taken first. Set services.teslamate.backup.beforeUpgrade = true.
        '';

      users.users.${user} = {
        isSystemUser = true;
        group = user;
        home = stateDirectory;
      };
      users.groups.${user} = { };

      # Made before the service starts, which cannot; one that is there already keeps its owner and mode.
      systemd.tmpfiles.rules = optional hasOwnBackupDirectory "d '${backupDirectory}' :0700 :${user} :${user} -";

      environment.systemPackages = scripts.all;

      networking.firewall.allowedTCPPorts = mkIf cfg.openFirewall [ cfg.port ];

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

        inherit environment;

        # A migration that fails will fail again: after five starts in ten minutes the unit stays down and the journal keeps the reason in sight.
        unitConfig = {
          StartLimitIntervalSec = 600;
          StartLimitBurst = 5;
        };

        serviceConfig = {
          Type = "notify";
          # ExecStartPre tells how long a migration or a backup still needs.
          NotifyAccess = "all";
          WatchdogSec = 60;
          TimeoutStartSec = 90;
          TimeoutStopSec = 15;
          Restart = "on-failure";
          RestartSec = 5;
          SuccessExitStatus = [ 143 ];
          # EX_CONFIG: the settings are wrong, and another start would not change them.
          RestartPreventExitStatus = [ 78 ];

          User = user;
          Group = user;
          WorkingDirectory = stateDirectory;
          StateDirectory = "teslamate";
          StateDirectoryMode = "0700";
          CacheDirectory = "teslamate";
          CacheDirectoryMode = "0700";
          RuntimeDirectory = "teslamate";
          LoadCredential = loadCredential;

          ExecStartPre =
            optional (cfg.migrations.rollbackUnknown || cfg.backup.beforeUpgrade) (lib.getExe scripts.prepare)
            ++ [ "${program} migrate --wait" ];
          ExecStart = "${program} serve";

          AmbientCapabilities = "";
          CapabilityBoundingSet = "";
          DevicePolicy = "closed";
          LockPersonality = true;
          # MemoryDenyWriteExecute stays off: the .NET runtime compiles methods while it runs.
          NoNewPrivileges = true;
          PrivateDevices = true;
          PrivateMounts = true;
          PrivateTmp = true;
          PrivateUsers = true;
          ProcSubset = "pid";
          ProtectClock = true;
          ProtectControlGroups = true;
          ProtectHome = true;
          ProtectHostname = true;
          ProtectKernelLogs = true;
          ProtectKernelModules = true;
          ProtectKernelTunables = true;
          ProtectProc = "invisible";
          ProtectSystem = "strict";
          ReadWritePaths = optional hasOwnBackupDirectory ''"-${backupDirectory}"'';
          RemoveIPC = true;
          RestrictAddressFamilies = [
            "AF_INET"
            "AF_INET6"
            "AF_UNIX"
            "AF_NETLINK"
          ];
          RestrictNamespaces = true;
          RestrictRealtime = true;
          RestrictSUIDSGID = true;
          SystemCallArchitectures = "native";
          SystemCallErrorNumber = "EPERM";
          SystemCallFilter = [
            "@system-service"
            "~@privileged @resources"
            # The runtime asks for its CPUs by trying; without this call it does not start.
            "sched_setaffinity"
          ];
          UMask = "0077";
        }
        // optionalAttrs (cfg.secretsFile != null) { EnvironmentFile = cfg.secretsFile; };
      };
    }

    (mkIf (cfg.backup.schedule != null) {
      systemd.services.teslamate-backup = {
        description = "Backup of TeslaMate's database";
        after = optional cfg.postgres.enable_server "postgresql.target";
        requires = optional cfg.postgres.enable_server "postgresql.target";
        serviceConfig = {
          Type = "oneshot";
          ExecStart = "${lib.getExe scripts.backup} --scheduled";
          Nice = 10;
          IOSchedulingClass = "idle";
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

    (mkIf cfg.postgres.enable_server {
      services.postgresql = {
        enable = true;
        # Stronger than nixpkgs' mkDefault by system.stateVersion, weaker than what the administrator says.
        package = mkOverride 900 cfg.postgres.package;
        settings.port = cfg.postgres.port;
        ensureDatabases = [ cfg.postgres.database ];
        ensureUsers = [
          {
            name = cfg.postgres.user;
            ensureDBOwnership = cfg.postgres.user == cfg.postgres.database;
          }
        ];
      };

      systemd.services.postgresql-setup.serviceConfig = {
        ExecStartPost = [ (lib.getExe scripts.setUpDatabase) ];
      }
      // optionalAttrs (cfg.secretsFile != null) { EnvironmentFile = cfg.secretsFile; }
      // optionalAttrs (databasePassword != [ ]) { LoadCredential = databasePassword; };
    })

    (mkIf cfg.nginx.enable {
      services.nginx = {
        enable = true;
        recommendedProxySettings = mkDefault true;
        virtualHosts.${cfg.virtualHost} = {
          inherit (cfg.nginx) forceSSL enableACME;
          locations."${lib.removeSuffix "/" cfg.urlPath}/" = {
            proxyPass = "http://${upstream}/";
            # Live values are an endless answer; nginx must not hold it back or end it.
            extraConfig = ''
              proxy_buffering off;
              proxy_read_timeout 1h;
            '';
          };
        };
      };
    })

    (mkIf cfg.grafana.enable {
      services.grafana = {
        enable = true;
        settings = {
          server = {
            domain = cfg.virtualHost;
            http_port = cfg.grafana.port;
            http_addr = cfg.grafana.listenAddress;
            root_url = "${
              if cfg.nginx.enable && cfg.nginx.forceSSL then "https" else "http"
            }://%(domain)s${cfg.grafana.urlPath}";
            serve_from_sub_path = cfg.grafana.urlPath != "/";
          };
          security = {
            allow_embedding = true;
            disable_gravatar = true;
            secret_key =
              if cfg.grafana.secretKeyFile == null then
                "SW2YcwTIb9zpOOhoPsMm"
              else
                "$__file{${cfg.grafana.secretKeyFile}}";
          };
          users = {
            allow_sign_up = false;
            default_language = "detect";
          };
          "auth.anonymous".enabled = false;
          "auth.basic".enabled = false;
          analytics = {
            reporting_enabled = false;
            check_for_updates = false;
            check_for_plugin_updates = false;
            feedback_links_enabled = false;
          };
          dashboards = optionalAttrs (cfg.grafana.setDefaultDashboard && dashboards != null) {
            default_home_dashboard_path = "${dashboards}/dashboards/internal/home.json";
          };
          date_formats.use_browser_locale = true;
          plugins.preinstall_disabled = true;
          unified_alerting.enabled = false;
        };
        provision = {
          enable = true;
          datasources.settings = {
            apiVersion = 1;
            datasources = [
              (
                {
                  name = "TeslaMate";
                  type = "postgres";
                  access = "proxy";
                  url = if hasReader then "/run/postgresql" else "${cfg.postgres.host}:${toString cfg.postgres.port}";
                  user = if hasReader then reader else cfg.postgres.user;
                  basicAuth = false;
                  withCredentials = false;
                  isDefault = true;
                  editable = true;
                  version = 1;
                  jsonData = {
                    postgresVersion = 1500;
                    sslmode = if hasReader then "disable" else databaseSslMode;
                    inherit (cfg.postgres) database;
                  };
                }
                // optionalAttrs (!hasReader) {
                  secureJsonData.password =
                    if databasePassword == [ ] then
                      "$__env{DATABASE_PASS}"
                    else
                      "$__file{/run/credentials/grafana.service/DATABASE_PASS}";
                }
              )
            ];
          };
          dashboards.settings = {
            apiVersion = 1;
            providers = optionals (dashboards != null) (
              map
                (provider: {
                  inherit (provider) name folder folderUid;
                  orgId = 1;
                  type = "file";
                  disableDeletion = false;
                  allowUiUpdates = true;
                  updateIntervalSeconds = 86400;
                  options.path = provider.path;
                })
                [
                  {
                    name = "teslamate";
                    folder = "TeslaMate";
                    folderUid = "Nr4ofiDZk";
                    path = scripts.topLevelDashboards dashboards;
                  }
                  {
                    name = "teslamate_internal";
                    folder = "Internal";
                    folderUid = "Nr5ofiDZk";
                    path = "${dashboards}/dashboards/internal";
                  }
                  {
                    name = "teslamate_reports";
                    folder = "Reports";
                    folderUid = "Nr6ofiDZk";
                    path = "${dashboards}/dashboards/reports";
                  }
                ]
            );
          };
        };
      };
      systemd.services.grafana = {
        after = optional cfg.postgres.enable_server "postgresql.target";
        environment = {
          inherit (databaseAddress)
            DATABASE_USER
            DATABASE_NAME
            DATABASE_HOST
            DATABASE_PORT
            ;
          DATABASE_SSL_MODE = databaseSslMode;
        };
        # The secrets file may hold settings of Grafana's too.
        serviceConfig =
          optionalAttrs (cfg.secretsFile != null) { EnvironmentFile = cfg.secretsFile; }
          // optionalAttrs (!hasReader && databasePassword != [ ]) { LoadCredential = databasePassword; };
      };
    })
  ]);
}
