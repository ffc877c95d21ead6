# What several files of the module say in the same words: names, the program's environment, its secrets, its sandbox.
{
  config,
  lib,
  pkgs,
}:
let
  inherit (lib)
    hasPrefix
    mapAttrs
    mapAttrsToList
    optional
    optionalAttrs
    ;

  cfg = config.services.teslamate;
in
rec {
  user = "teslamate";
  stateDirectory = "/var/lib/teslamate";

  # An administrator's port of the server on this machine wins over ours.
  postgresqlPort =
    if cfg.postgres.enable_server then config.services.postgresql.settings.port else cfg.postgres.port;

  # PostgreSQL's peer authentication lets a system user in as the role of the same name.
  usesSocket = cfg.postgres.enable_server && cfg.postgres.user == user;

  # Of the server on this machine, which an administrator may have chosen: pg_dump refuses a newer server than itself.
  postgresql =
    if cfg.postgres.enable_server then config.services.postgresql.package else cfg.postgres.package;

  # Grafana reads a database of this machine as a role of its own, which peer authentication knows by its system user. Of sockets it finds the default port's only.
  reader = "grafana";
  hasReader = cfg.grafana.enable && cfg.postgres.enable_server && postgresqlPort == 5432;
  # Elsewhere the role of that name has a password.
  hasRemoteReader = cfg.grafana.enable && !hasReader && cfg.grafana.databasePasswordFile != null;
  readsAsOwner = cfg.grafana.enable && !hasReader && !hasRemoteReader;

  databaseAddress = {
    DATABASE_USER = cfg.postgres.user;
    DATABASE_NAME = cfg.postgres.database;
    DATABASE_HOST = cfg.postgres.host;
    DATABASE_PORT = toString postgresqlPort;
  }
  // optionalAttrs usesSocket { DATABASE_SOCKET_DIR = "/run/postgresql"; };

  # Which option of the module stands for which variable: only the option may set it, since other parts of the machine follow it.
  optionOf = {
    API_PORT = "apiPort";
    DATABASE_HOST = "postgres.host";
    DATABASE_NAME = "postgres.database";
    DATABASE_PORT = "postgres.port";
    DATABASE_USER = "postgres.user";
    DISABLE_MQTT = "mqtt.enable";
    HTTP_BINDING_ADDRESS = "listenAddress";
    MQTT_HOME_ASSISTANT_DISCOVERY = "mqtt.discovery.enable";
    MQTT_HOME_ASSISTANT_DISCOVERY_PREFIX = "mqtt.discovery.prefix";
    MQTT_HOME_ASSISTANT_DISCOVERY_URL = "mqtt.discovery.url";
    MQTT_HOST = "mqtt.host";
    MQTT_PORT = "mqtt.port";
    PORT = "port";
    TELEMETRY_LISTEN = "telemetry.enable";
    TELEMETRY_TLS_CERT_FILE = "telemetry.certificateFile";
    TELEMETRY_TLS_KEY_FILE = "telemetry.keyFile";
    URL_PATH = "urlPath";
    VIRTUAL_HOST = "virtualHost";
  };

  # The program's own variables that hold a secret; each may come as a credential. MQTT_USERNAME is none, but often kept beside one.
  secrets = [
    "ABRP_API_KEY"
    "API_TOKEN"
    "DATABASE_PASS"
    "ENCRYPTION_KEY"
    "MQTT_PASSWORD"
    "MQTT_USERNAME"
    "SECRET_KEY_BASE"
    "TELEMETRY_MQTT_PASSWORD"
    "TOKEN"
    "WEB_API_TOKEN"
    "WEB_OIDC_CLIENT_SECRET"
    "WEB_PASSWORD"
    "WEB_TRUSTED_PROXY_SECRET"
  ];

  # The endpoint for cars: what the program is told of it.
  telemetry = rec {
    ownCertificate = "${stateDirectory}/telemetry.crt";
    ownKey = "${stateDirectory}/telemetry.key";
    credentials = "/run/credentials/teslamate.service";
    address = if lib.hasInfix ":" cfg.telemetry.listenAddress then "[${cfg.telemetry.listenAddress}]" else cfg.telemetry.listenAddress;
    usesAcme = cfg.telemetry.useACMEHost != null;
    load =
      optional (cfg.telemetry.enable && usesAcme) "telemetry.crt:/var/lib/acme/${cfg.telemetry.useACMEHost}/fullchain.pem"
      ++ optional (cfg.telemetry.enable && usesAcme) "telemetry.key:/var/lib/acme/${cfg.telemetry.useACMEHost}/key.pem";
    environment = optionalAttrs cfg.telemetry.enable {
      TELEMETRY_LISTEN = "${address}:${toString cfg.telemetry.port}";
      TELEMETRY_TLS_CERT_FILE = if usesAcme then "${credentials}/telemetry.crt" else toString cfg.telemetry.certificateFile;
      TELEMETRY_TLS_KEY_FILE = if usesAcme then "${credentials}/telemetry.key" else toString cfg.telemetry.keyFile;
    };
  };

  # The variables as texts, byte for byte as the program shall see them.
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
    // optionalAttrs (cfg.apiPort != null) { API_PORT = toString cfg.apiPort; }
    // telemetry.environment
    // optionalAttrs (cfg.backup.schedule != null) { BACKUP_FOLDER = backupDirectory; }
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
    // settings;

  settings = mapAttrs (_: toText) cfg.settings;

  toText =
    value:
    if value == true then
      "true"
    else if value == false then
      "false"
    else
      toString value;

  # systemd expands a percent sign in its unit files.
  forUnitText = lib.replaceStrings [ "%" ] [ "%%" ];
  forUnit = mapAttrs (_: forUnitText);

  # Given as a file, a credential, or a variable that names a file.
  hasCredential = name: cfg.credentials ? ${name} || cfg.encryptedCredentials ? ${name};
  given = name: hasCredential name || cfg.settings ? "${name}_FILE" || cfg.secretsFile != null;

  load = mapAttrsToList (name: source: "${name}:${source}") cfg.credentials;
  loadEncrypted = mapAttrsToList (name: source: "${name}:${source}") cfg.encryptedCredentials;

  # The database's password alone, for those who need nothing else: as it was given, or taken out of the secrets file by a unit of its own.
  passwordUnit = "teslamate-database-password.service";
  passwordFile = "/run/teslamate-database-password/DATABASE_PASS";
  takesPasswordFromSecretsFile = cfg.secretsFile != null && !(hasCredential "DATABASE_PASS");
  passwordCredential = {
    LoadCredential =
      optional (cfg.credentials ? DATABASE_PASS) "DATABASE_PASS:${cfg.credentials.DATABASE_PASS}"
      ++ optional takesPasswordFromSecretsFile "DATABASE_PASS:${passwordFile}";
    LoadCredentialEncrypted = optional (
      cfg.encryptedCredentials ? DATABASE_PASS
    ) "DATABASE_PASS:${cfg.encryptedCredentials.DATABASE_PASS}";
  };
  needsPasswordUnit = optional takesPasswordFromSecretsFile passwordUnit;

  # toString: a path would be copied into the store where a text is made of it.
  backupDirectory = toString cfg.backup.directory;
  # The service can write to its own folder anyway, and makes what is below it.
  hasOwnBackupDirectory = !(hasPrefix "${stateDirectory}/" backupDirectory);

  # A port below 1024 takes a capability, which a user namespace of the unit's own would make worthless.
  listensOnSocket = cfg.listenAddress != null && hasPrefix "/" cfg.listenAddress;
  needsPrivilegedPort = (cfg.port < 1024 && !listensOnSocket) || (cfg.telemetry.enable && cfg.telemetry.port < 1024);

  # The sandbox of everything that runs as the service's user. MemoryDenyWriteExecute stays off: Kafka's client is called back through code that is made
  # while it runs, and a build for the .NET runtime compiles all of its methods so.
  hardening = {
    AmbientCapabilities = "";
    CapabilityBoundingSet = "";
    DevicePolicy = "closed";
    # What is in memory is tokens and places.
    LimitCORE = 0;
    LockPersonality = true;
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
    ReadWritePaths = optional hasOwnBackupDirectory ''"-${forUnitText backupDirectory}"'';
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
  };

  scripts = import ../backup.nix {
    inherit lib pkgs;
    inherit (cfg) package backup secretsFile;
    inherit (cfg.migrations) rollbackUnknown;
    inherit
      user
      stateDirectory
      environment
      usesSocket
      postgresql
      ;
    reader = if hasReader || hasRemoteReader then reader else "";
    localServer = cfg.postgres.enable_server;
    credentials = load;
    encryptedCredentials = loadEncrypted;
  };
}
