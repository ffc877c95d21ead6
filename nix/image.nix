# A container image in layers: the program and what it needs, nothing else.
{
  lib,
  dockerTools,
  fakeNss,
  teslamate,
  cacert,
  tzdata,
}:
let
  second = 1000000000;
in
dockerTools.buildLayeredImage {
  name = "teslamate";
  tag = teslamate.version;
  contents = [
    # Brings /bin/teslamate, for `docker exec`.
    teslamate
    (fakeNss.override {
      extraPasswdLines = [ "nonroot:x:10000:10001:teslamate:/opt/app:/bin/false" ];
      extraGroupLines = [ "nonroot:x:10001:" ];
    })
    cacert
    tzdata
  ];
  extraCommands = ''
    mkdir -p tmp opt/app/import opt/app/.srtm_cache opt/app/spool
    chmod 1777 tmp
  '';
  fakeRootCommands = ''
    chown -R 10000:10001 ./opt/app
    chmod 0700 ./opt/app/spool
  '';
  config = {
    # `start` waits for the database, migrates and serves as process 1.
    Entrypoint = [ (lib.getExe teslamate) ];
    Cmd = [ "start" ];
    User = "10000:10001";
    WorkingDir = "/opt/app";
    ExposedPorts."4000/tcp" = { };
    Healthcheck = {
      Test = [
        "CMD"
        (lib.getExe teslamate)
        "health"
      ];
      Interval = 30 * second;
      Timeout = 10 * second;
      # Migrations come before it is well.
      StartPeriod = 300 * second;
    };
    Env = [
      "PATH=/bin"
      # A container's port is published on purpose, so the pages are served to whoever reaches it, also without a password.
      "HTTP_BINDING_ADDRESS=0.0.0.0"
      "HOME=/opt/app"
      "LANG=C.UTF-8"
      "SRTM_CACHE=/opt/app/.srtm_cache"
      "TESLAMATE_SPOOL_DIR=/opt/app/spool"
      "SSL_CERT_FILE=${cacert}/etc/ssl/certs/ca-bundle.crt"
      "TZDIR=${tzdata}/share/zoneinfo"
    ];
  };
}
