# Grafana with the data source and the dashboards.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib)
    mkDefault
    mkIf
    optional
    optionalAttrs
    optionals
    ;

  cfg = config.services.teslamate;
  shared = import ./shared.nix { inherit config lib pkgs; };
  inherit (shared) hasReader hasRemoteReader readsAsOwner;
  dashboards = cfg.grafana.dashboards;
  credentialFolder = "/run/credentials/grafana.service";

  # libpq's word for how the service itself is told to connect; DATABASE_SSL_MODE is the reference's variable for Grafana.
  sslMode =
    shared.settings.DATABASE_SSL_MODE or {
      "true" = "verify-full";
      "noverify" = "require";
    }
    .${shared.settings.DATABASE_SSL or "false"} or "disable";
in
{
  config = mkIf (cfg.enable && cfg.grafana.enable) {
    assertions = [
      {
        assertion = !readsAsOwner || cfg.secretsFile != null || shared.hasCredential "DATABASE_PASS";
        message = ''
          services.teslamate.grafana needs a password for the database, unless services.teslamate.postgres.enable_server is set and its port is
          5432. Set services.teslamate.grafana.databasePasswordFile to a file that holds that of the role grafana; or, to read as the database's
          owner, services.teslamate.credentials.DATABASE_PASS to a file that holds it, or services.teslamate.secretsFile to one with the line
          DATABASE_PASS=...
        '';
      }
      {
        assertion = builtins.match "/([A-Za-z0-9._~-]+/?)*" cfg.grafana.urlPath != null;
        message = ''
          services.teslamate.grafana.urlPath = "${cfg.grafana.urlPath}" is no path. It begins with a slash, for example /grafana.
        '';
      }
    ];

    warnings =
      optional readsAsOwner ''
        services.teslamate.grafana reads the database as its owner, who may change and delete everything. Make the role grafana on its server as
        docs/how-to/let-grafana-read-another-server.md says, and set services.teslamate.grafana.databasePasswordFile to a file with its password.
      ''
      ++ optional (cfg.grafana.secretKeyFile == null) ''
        services.teslamate.grafana uses Grafana's well-known old secret key. Set services.teslamate.grafana.secretKeyFile to a file with a key of your own.
      ''
      ++ optional (dashboards == null) ''
        services.teslamate.grafana has no dashboards, and setDefaultDashboard nothing to show. Set services.teslamate.grafana.dashboards to a folder with them.
      '';

    services.grafana = {
      enable = true;
      settings = {
        server = {
          domain = mkDefault cfg.virtualHost;
          http_port = mkDefault cfg.grafana.port;
          http_addr = mkDefault cfg.grafana.listenAddress;
          root_url = mkDefault "${
            if cfg.nginx.enable && cfg.nginx.forceSSL then "https" else "http"
          }://%(domain)s${cfg.grafana.urlPath}";
          serve_from_sub_path = mkDefault (cfg.grafana.urlPath != "/");
        };
        security = {
          allow_embedding = mkDefault true;
          disable_gravatar = mkDefault true;
          secret_key = mkDefault (
            if cfg.grafana.secretKeyFile == null then
              "SW2YcwTIb9zpOOhoPsMm"
            else
              "$__file{${credentialFolder}/GRAFANA_SECRET_KEY}"
          );
        };
        users = {
          allow_sign_up = mkDefault false;
          default_language = mkDefault "detect";
        };
        "auth.anonymous".enabled = mkDefault false;
        "auth.basic".enabled = mkDefault false;
        analytics = {
          reporting_enabled = mkDefault false;
          check_for_updates = mkDefault false;
          check_for_plugin_updates = mkDefault false;
          feedback_links_enabled = mkDefault false;
        };
        dashboards = optionalAttrs (cfg.grafana.setDefaultDashboard && dashboards != null) {
          default_home_dashboard_path = mkDefault "${dashboards}/dashboards/internal/home.json";
        };
        date_formats.use_browser_locale = mkDefault true;
        plugins.preinstall_disabled = mkDefault true;
        unified_alerting.enabled = mkDefault false;
      };
      provision = {
        enable = true;
        datasources.settings = {
          apiVersion = mkDefault 1;
          datasources = [
            (
              {
                name = "TeslaMate";
                # The dashboards name it.
                uid = "TeslaMate";
                type = "grafana-postgresql-datasource";
                access = "proxy";
                url =
                  if hasReader then
                    "/run/postgresql"
                  else
                    "${cfg.postgres.host}:${toString shared.postgresqlPort}";
                user = if readsAsOwner then cfg.postgres.user else shared.reader;
                basicAuth = false;
                withCredentials = false;
                isDefault = true;
                editable = true;
                version = 1;
                jsonData = {
                  postgresVersion = 1500;
                  sslmode = if hasReader then "disable" else sslMode;
                  inherit (cfg.postgres) database;
                }
                // optionalAttrs (!hasReader && shared.settings ? DATABASE_SSL_CA_CERT_FILE) {
                  tlsConfigurationMethod = "file-path";
                  sslRootCertFile = shared.settings.DATABASE_SSL_CA_CERT_FILE;
                };
              }
              // optionalAttrs (!hasReader) {
                secureJsonData.password = "$__file{${credentialFolder}/${
                  if hasRemoteReader then "GRAFANA_DATABASE_PASS" else "DATABASE_PASS"
                }}";
              }
            )
          ];
        };
        dashboards.settings = {
          apiVersion = mkDefault 1;
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
                  path = "${shared.scripts.topLevelDashboards dashboards}";
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

    systemd.services.grafana =
      let
        needed = optionals readsAsOwner shared.needsPasswordUnit;
      in
      {
        after = optional cfg.postgres.enable_server "postgresql.target" ++ needed;
        requires = needed;
        serviceConfig = {
          LoadCredential =
            optionals readsAsOwner shared.passwordCredential.LoadCredential
            ++ optional hasRemoteReader "GRAFANA_DATABASE_PASS:${cfg.grafana.databasePasswordFile}"
            ++ optional (cfg.grafana.secretKeyFile != null) "GRAFANA_SECRET_KEY:${cfg.grafana.secretKeyFile}";
          LoadCredentialEncrypted = optionals readsAsOwner shared.passwordCredential.LoadCredentialEncrypted;
        };
      };
  };
}
