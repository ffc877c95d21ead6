# Whole configurations that must be a system with nixpkgs' own modules, by what is special about them.
let
  local = {
    enable = true;
    secretsFile = "/run/secrets/teslamate.env";
    postgres.enable_server = true;
  };
in
{
  reference = {
    services.teslamate = local // {
      autoStart = true;
      listenAddress = "127.0.0.1";
      port = 4000;
      virtualHost = "teslamate.example.com";
      urlPath = "/";
      grafana = {
        enable = true;
        listenAddress = "127.0.0.1";
        port = 3000;
        urlPath = "/";
      };
      mqtt = {
        enable = true;
        host = "127.0.0.1";
        port = 1883;
        discovery.enable = true;
      };
    };
  };
  remote.services.teslamate = {
    enable = true;
    credentials = {
      ENCRYPTION_KEY = "/run/secrets/key";
      DATABASE_PASS = "database-pass";
    };
    postgres.host = "db.example.org";
    settings.DATABASE_SSL = true;
    settings.DATABASE_SSL_CA_CERT_FILE = "/etc/ssl/certs/ca-certificates.crt";
    grafana.enable = true;
    grafana.secretKeyFile = "/run/secrets/grafana";
    backup.schedule = "daily";
  };
  proxied = {
    security.acme.acceptTerms = true;
    security.acme.defaults.email = "me@example.org";
    services.teslamate = local // {
      virtualHost = "teslamate.example.com";
      urlPath = "/teslamate";
      openFirewall = true;
      nginx.enable = true;
      nginx.forceSSL = true;
      nginx.enableACME = true;
      settings.MAP_ATTRIBUTION = "© <a href=\"https://osm.org\">OSM</a> 100%20 $HOME `id` ~/x";
    };
  };
  streaming = {
    security.acme.acceptTerms = true;
    security.acme.defaults.email = "me@example.org";
    security.acme.certs."telemetry.example.com".webroot = "/var/lib/acme/acme-challenge";
    services.teslamate = local // {
      telemetry.enable = true;
      telemetry.listenAddress = "::";
      telemetry.port = 443;
      telemetry.openFirewall = true;
      telemetry.useACMEHost = "telemetry.example.com";
    };
  };
  shared = {
    services.postgresql = {
      enable = true;
      ensureDatabases = [ "nextcloud" ];
      settings.shared_buffers = "1GB";
    };
    services.grafana.settings.server.domain = "grafana.example.com";
    systemd.services.grafana.serviceConfig.EnvironmentFile = "/run/grafana.env";
    systemd.services.teslamate.serviceConfig.EnvironmentFile = [ "/run/more.env" ];
    services.teslamate = local // {
      grafana.enable = true;
      backup.schedule = "daily";
      backup.directory = "/mnt/nas/backups";
    };
  };
  other-role.services.teslamate = local // {
    postgres = {
      enable_server = true;
      user = "logger";
      database = "cars";
      port = 5433;
    };
    migrations.rollbackUnknown = true;
  };
}
