# A virtual host of nginx in front of the pages.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib)
    hasPrefix
    mkDefault
    mkIf
    optional
    ;

  cfg = config.services.teslamate;
  shared = import ./shared.nix { inherit config lib pkgs; };
  usesTls = cfg.nginx.forceSSL || cfg.nginx.enableACME || cfg.nginx.useACMEHost != null;

  # Of the virtual host that others define too; an option without a value throws.
  hasOwnCertificate =
    (builtins.tryEval (
      toString config.services.nginx.virtualHosts.${cfg.virtualHost}.sslCertificate != ""
    )).value;

  # Where nginx on this machine finds the pages.
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

  # By these the program believes a proxy who somebody is. What a client sends of them ends here; an empty value sends none on. Whoever lets nginx know the
  # visitors sets them after this, in services.nginx.virtualHosts.
  identityHeaders = lib.unique (
    [
      "Remote-User"
      "X-Auth-Request-User"
      "X-Forwarded-User"
      "X-Proxy-Secret"
      "X-Remote-User"
    ]
    ++ optional (cfg.settings ? WEB_TRUSTED_HEADER) (toString cfg.settings.WEB_TRUSTED_HEADER)
  );
in
{
  config = mkIf (cfg.enable && cfg.nginx.enable) {
    assertions = [
      {
        assertion = !shared.listensOnSocket || cfg.settings ? SOCKET_PERM;
        message = ''
          services.teslamate.nginx cannot open the socket ${toString cfg.listenAddress}. Set services.teslamate.settings.SOCKET_PERM = "666", or listen on 127.0.0.1.
        '';
      }
      {
        assertion =
          !cfg.nginx.forceSSL || cfg.nginx.enableACME || cfg.nginx.useACMEHost != null || hasOwnCertificate;
        message = ''
          services.teslamate.nginx.forceSSL has no certificate. Set services.teslamate.nginx.enableACME = true, services.teslamate.nginx.useACMEHost to the name of one, or
          services.nginx.virtualHosts."${cfg.virtualHost}".sslCertificate and sslCertificateKey to its files.
        '';
      }
      {
        assertion = builtins.match "[A-Za-z0-9-]+" (toString (cfg.settings.WEB_TRUSTED_HEADER or "x")) != null;
        message = "services.teslamate.settings.WEB_TRUSTED_HEADER is no name of a header. Example: Remote-User";
      }
    ];

    warnings = optional (cfg.nginx.enableACME && !cfg.nginx.forceSSL) ''
      services.teslamate.nginx gets a certificate and serves plain HTTP all the same. Set services.teslamate.nginx.forceSSL = true.
    '';

    networking.firewall.allowedTCPPorts = mkIf cfg.openFirewall ([ 80 ] ++ optional usesTls 443);

    services.nginx = {
      enable = true;
      recommendedProxySettings = mkDefault true;
      virtualHosts.${cfg.virtualHost} = {
        forceSSL = mkDefault cfg.nginx.forceSSL;
        enableACME = mkDefault cfg.nginx.enableACME;
        useACMEHost = mkDefault cfg.nginx.useACMEHost;
        locations."${lib.removeSuffix "/" cfg.urlPath}/" = {
          proxyPass = mkDefault "http://${upstream}/";
          # Live values are an endless answer; nginx must not hold it back or end it.
          extraConfig = ''
            proxy_buffering off;
            proxy_read_timeout 1h;
          ''
          + lib.concatMapStringsSep "" (name: "proxy_set_header ${name} \"\";\n") identityHeaders;
        };
      };
    };
  };
}
