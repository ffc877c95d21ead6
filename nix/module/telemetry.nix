# Where cars send their data by themselves: a port of its own, whose certificate is the owner's or comes from ACME.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkIf optional;

  cfg = config.services.teslamate;
  shared = import ./shared.nix { inherit config lib pkgs; };
  inherit (shared) telemetry;
  acmeHost = cfg.telemetry.useACMEHost;
in
{
  config = mkIf (cfg.enable && cfg.telemetry.enable) {
    assertions = [
      {
        assertion =
          acmeHost == null
          || (cfg.telemetry.certificateFile == telemetry.ownCertificate && cfg.telemetry.keyFile == telemetry.ownKey);
        message = ''
          services.teslamate.telemetry has two certificates. Set either useACMEHost, or certificateFile and keyFile.
        '';
      }
      {
        assertion = cfg.telemetry.port != cfg.port;
        message = ''
          services.teslamate.telemetry.port = ${toString cfg.telemetry.port} is the port of the web pages. Cars need one of their own, for example 4443: nothing
          that ends TLS may stand before it, nginx included.
        '';
      }
    ];

    networking.firewall.allowedTCPPorts = mkIf cfg.telemetry.openFirewall [ cfg.telemetry.port ];

    # Its files are credentials of the service (./shared.nix), copied when it starts, so a renewed certificate restarts it; cars keep what they cannot send.
    security.acme.certs = mkIf (acmeHost != null) {
      ${acmeHost}.reloadServices = [ "teslamate.service" ];
    };

    systemd.services.teslamate = {
      wants = optional (acmeHost != null) "acme-${acmeHost}.service";
      after = optional (acmeHost != null) "acme-${acmeHost}.service";
      serviceConfig.LoadCredential = telemetry.load;
    };
  };
}
