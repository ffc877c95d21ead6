# services.teslamate: the logger, and on request its PostgreSQL, Grafana, reverse proxy and backups; a file for each in ./module.
# Options that the reference's module has keep their names, so that a configuration carries over.
{
  # Imported twice, also from two places, it counts once.
  key = "services.teslamate";
  imports = [
    ./module/options.nix
    ./module/service.nix
    ./module/backup.nix
    ./module/postgresql.nix
    ./module/nginx.nix
    ./module/grafana.nix
    ./module/telemetry.nix
  ];
}
