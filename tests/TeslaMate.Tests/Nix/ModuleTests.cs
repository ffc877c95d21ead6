using System.Text.Json;

namespace TeslaMate.Tests.Nix;

public sealed class ModuleTests
{
    const string Local = """enable = true; secretsFile = "/run/secrets/teslamate.env"; postgres.enable_server = true;""";

    static Task<JsonElement> OptionAsync(string option, string settings)
        => Evaluation.MachineAsync($"config.{option}", $"{{ services.teslamate = {{ {settings} }}; }}");

    static Task<JsonElement> ServiceAsync(string attribute, string settings) => OptionAsync($"systemd.services.teslamate.{attribute}", settings);

    static async Task<string[]> ProblemsAsync(string kind, string settings)
    {
        var problems = await Evaluation.MachineAsync($"problems.{kind}", $"{{ services.teslamate = {{ {settings} }}; }}");
        return [.. problems.EnumerateArray().Select(message => message.GetString()!)];
    }

    [SkippableFact]
    public async Task Disabled_it_changes_nothing()
    {
        (await OptionAsync("systemd.services", "enable = false;")).EnumerateObject().ShouldBeEmpty();
        (await OptionAsync("users.users", "enable = false;")).EnumerateObject().ShouldBeEmpty();
    }

    [SkippableTheory]
    [InlineData("", "DISABLE_MQTT", "true")]
    [InlineData("", "PORT", "4000")]
    [InlineData("", "URL_PATH", "/")]
    [InlineData("", "VIRTUAL_HOST", "localhost")]
    [InlineData("", "DATABASE_HOST", "127.0.0.1")]
    [InlineData("", "DATABASE_PORT", "5432")]
    [InlineData("", "DATABASE_SOCKET_DIR", "/run/postgresql")]
    [InlineData("""postgres.user = "logger";""", "DATABASE_SOCKET_DIR", null)]
    [InlineData("""postgres.user = "logger";""", "DATABASE_USER", "logger")]
    [InlineData("", "HTTP_BINDING_ADDRESS", null)]
    [InlineData("""listenAddress = "::1";""", "HTTP_BINDING_ADDRESS", "::1")]
    [InlineData("mqtt.enable = true;", "DISABLE_MQTT", null)]
    [InlineData("mqtt.enable = true;", "MQTT_HOST", "127.0.0.1")]
    [InlineData("mqtt.enable = true;", "MQTT_PORT", null)]
    [InlineData("mqtt.enable = true; mqtt.port = 8883;", "MQTT_PORT", "8883")]
    [InlineData("mqtt.enable = true;", "MQTT_HOME_ASSISTANT_DISCOVERY", null)]
    [InlineData("mqtt.enable = true; mqtt.discovery.enable = true;", "MQTT_HOME_ASSISTANT_DISCOVERY", "true")]
    [InlineData("mqtt.enable = true; mqtt.discovery.enable = true;", "MQTT_HOME_ASSISTANT_DISCOVERY_PREFIX", "homeassistant")]
    [InlineData("mqtt.enable = true; mqtt.discovery.enable = true;", "MQTT_HOME_ASSISTANT_DISCOVERY_URL", null)]
    [InlineData("settings.MQTT_TLS = true;", "MQTT_TLS", "true")]
    [InlineData("port = 5000;", "PORT", "5000")]
    [InlineData("settings.DATABASE_POOL_SIZE = 3;", "DATABASE_POOL_SIZE", "3")]
    // systemd expands specifiers in what the unit file says.
    [InlineData("settings.MAP_TILES_URL = \"https://t/%20x\";", "MAP_TILES_URL", "https://t/%%20x")]
    [InlineData("settings.TZ = \"Europe/Berlin\";", "TZ", "Europe/Berlin")]
    [InlineData("", "TELEMETRY_LISTEN", null)]
    [InlineData("telemetry.enable = true;", "TELEMETRY_LISTEN", "0.0.0.0:4443")]
    [InlineData("telemetry.enable = true; telemetry.listenAddress = \"::\";", "TELEMETRY_LISTEN", "[::]:4443")]
    [InlineData("telemetry.enable = true;", "TELEMETRY_TLS_CERT_FILE", "/var/lib/teslamate/telemetry.crt")]
    [InlineData("telemetry.enable = true; telemetry.keyFile = \"/run/secrets/telemetry.key\";", "TELEMETRY_TLS_KEY_FILE",
        "/run/secrets/telemetry.key")]
    public async Task An_option_becomes_the_variable_of_the_reference(string option, string variable, string? expected)
    {
        var environment = await ServiceAsync("environment", Local + option);
        (environment.TryGetProperty(variable, out var value) ? value.GetString() : null).ShouldBe(expected);
    }

    [SkippableFact]
    public async Task The_documented_configuration_of_the_reference_carries_over()
    {
        const string Documented = """
            enable = true;
            secretsFile = "/run/secrets/teslamate.env";
            autoStart = true;
            listenAddress = "127.0.0.1";
            port = 4000;
            virtualHost = "teslamate.example.com";
            urlPath = "/";
            postgres = { enable_server = true; user = "teslamate"; database = "teslamate"; port = 5432; };
            grafana = { enable = true; listenAddress = "127.0.0.1"; port = 3000; urlPath = "/"; setDefaultDashboard = true; };
            mqtt = { enable = true; host = "127.0.0.1"; port = 1883; discovery = { enable = true; url = "https://teslamate.example.com/"; prefix = "homeassistant"; }; };
            """;
        (await ProblemsAsync("assertions", Documented)).ShouldBeEmpty();
        (await OptionAsync("services.grafana.provision.datasources.settings.datasources", Documented))[0].GetProperty("name").GetString()
            .ShouldBe("TeslaMate");
    }

    [SkippableFact]
    public async Task The_service_migrates_before_it_serves_and_is_watched()
    {
        var service = await ServiceAsync("serviceConfig", Local);
        service.GetProperty("Type").GetString().ShouldBe("notify");
        service.GetProperty("WatchdogSec").GetInt32().ShouldBe(60);
        var before = service.GetProperty("ExecStartPre").EnumerateArray().Select(command => command.GetString()!).ToArray();
        before[0].ShouldEndWith("/bin/teslamate-prepare");
        before[^1].ShouldEndWith("/bin/teslamate migrate --wait");
        service.GetProperty("ExecStart").GetString()!.ShouldEndWith("/bin/teslamate serve");
        service.TryGetProperty("MemoryDenyWriteExecute", out _).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task Without_backups_and_the_way_back_nothing_runs_before_the_migrations()
        => (await ServiceAsync("serviceConfig.ExecStartPre", Local + "backup.beforeUpgrade = false;")).GetArrayLength().ShouldBe(1);

    [SkippableTheory]
    [InlineData(Local, true)]
    [InlineData("""enable = true; secretsFile = "/run/s"; postgres.host = "db.example.org";""", false)]
    public async Task It_waits_for_PostgreSQLs_set_up_where_that_is_on_the_machine(string settings, bool local)
    {
        var requires = (await ServiceAsync("requires", settings)).EnumerateArray().Select(unit => unit.GetString());
        requires.Contains("postgresql.target").ShouldBe(local);
    }

    [SkippableFact]
    public async Task Its_role_gets_no_special_rights()
    {
        var users = await OptionAsync("services.postgresql.ensureUsers", Local);
        users[0].EnumerateObject().Select(property => property.Name).ShouldBe(["ensureDBOwnership", "name"], ignoreOrder: true);
    }

    [SkippableFact]
    public async Task Credentials_are_handed_over_by_systemd()
    {
        const string Settings = """
            enable = true; postgres.enable_server = true; credentials = { ENCRYPTION_KEY = "/run/secrets/key"; TOKEN = "token"; };
            encryptedCredentials.MQTT_PASSWORD = "/etc/mqtt.cred";
            """;
        (await ProblemsAsync("assertions", Settings)).ShouldBeEmpty();
        Lines(await ServiceAsync("serviceConfig.LoadCredential", Settings)).ShouldBe(["ENCRYPTION_KEY:/run/secrets/key", "TOKEN:token"]);
        Lines(await ServiceAsync("serviceConfig.LoadCredentialEncrypted", Settings)).ShouldBe(["MQTT_PASSWORD:/etc/mqtt.cred"]);
    }

    [SkippableFact]
    public async Task A_password_by_credential_reaches_all_who_need_it()
    {
        const string Settings = """
            enable = true; postgres = { enable_server = true; user = "logger"; port = 5433; };
            credentials = { ENCRYPTION_KEY = "/run/key"; DATABASE_PASS = "/run/pass"; }; grafana = { enable = true; secretKeyFile = "/run/k"; };
            """;
        (await ProblemsAsync("assertions", Settings)).ShouldBeEmpty();
        Lines(await OptionAsync("systemd.services.postgresql-setup.serviceConfig.LoadCredential", Settings)).ShouldBe(["DATABASE_PASS:/run/pass"]);
        Lines(await OptionAsync("systemd.services.grafana.serviceConfig.LoadCredential", Settings))
            .ShouldBe(["DATABASE_PASS:/run/pass", "GRAFANA_SECRET_KEY:/run/k"]);
        (await OptionAsync("services.grafana.provision.datasources.settings.datasources", Settings))[0]
            .GetProperty("secureJsonData").GetProperty("password").GetString().ShouldBe("$__file{/run/credentials/grafana.service/DATABASE_PASS}");
    }

    [SkippableFact]
    public async Task Grafana_reads_a_database_of_this_machine_as_a_role_of_its_own_and_without_a_password()
    {
        const string Settings = """
            enable = true; postgres.enable_server = true; credentials = { ENCRYPTION_KEY = "/run/key"; DATABASE_PASS = "/run/pass"; };
            grafana = { enable = true; secretKeyFile = "/run/k"; };
            """;
        (await ProblemsAsync("assertions", Settings)).ShouldBeEmpty();
        var source = (await OptionAsync("services.grafana.provision.datasources.settings.datasources", Settings))[0];
        source.GetProperty("url").GetString().ShouldBe("/run/postgresql");
        source.GetProperty("user").GetString().ShouldBe("grafana");
        source.TryGetProperty("secureJsonData", out _).ShouldBeFalse();
        Lines(await OptionAsync("systemd.services.grafana.serviceConfig.LoadCredential", Settings)).ShouldBe(["GRAFANA_SECRET_KEY:/run/k"]);
    }

    [SkippableFact]
    public async Task Grafana_reads_another_database_as_a_role_that_can_only_read()
    {
        const string Settings = """
            enable = true; credentials = { ENCRYPTION_KEY = "/run/key"; DATABASE_PASS = "/run/d"; }; postgres.host = "db.example.org";
            grafana = { enable = true; secretKeyFile = "/run/k"; databasePasswordFile = "/run/p"; };
            """;
        (await ProblemsAsync("assertions", Settings)).ShouldBeEmpty();
        (await ProblemsAsync("warnings", Settings)).ShouldNotContain(warning => warning.Contains("owner", StringComparison.Ordinal));
        var source = (await OptionAsync("services.grafana.provision.datasources.settings.datasources", Settings))[0];
        source.GetProperty("user").GetString().ShouldBe("grafana");
        source.GetProperty("secureJsonData").GetProperty("password").GetString()
            .ShouldBe("$__file{/run/credentials/grafana.service/GRAFANA_DATABASE_PASS}");
        Lines(await OptionAsync("systemd.services.grafana.serviceConfig.LoadCredential", Settings))
            .ShouldBe(["GRAFANA_DATABASE_PASS:/run/p", "GRAFANA_SECRET_KEY:/run/k"]);
        (await ProblemsAsync("warnings", Settings.Replace("databasePasswordFile = \"/run/p\";", "", StringComparison.Ordinal)))
            .ShouldContain(warning => warning.Contains("databasePasswordFile", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Grafana_reads_another_database_as_the_service_does()
    {
        const string Settings =
            """enable = true; secretsFile = "/run/s"; postgres = { host = "db.example.org"; user = "logger"; }; grafana = { enable = true; secretKeyFile = "/run/k"; };""";
        var source = (await OptionAsync("services.grafana.provision.datasources.settings.datasources", Settings))[0];
        source.GetProperty("url").GetString().ShouldBe("db.example.org:5432");
        source.GetProperty("user").GetString().ShouldBe("logger");
        source.GetProperty("secureJsonData").GetProperty("password").GetString().ShouldBe("$__file{/run/credentials/grafana.service/DATABASE_PASS}");
        Lines(await OptionAsync("systemd.services.grafana.requires", Settings)).ShouldBe(["teslamate-database-password.service"]);
    }

    [SkippableTheory]
    [InlineData("", "disable", "http://%(domain)s/")]
    [InlineData("postgres.enable_server = true;", "disable", "http://%(domain)s/")]
    [InlineData("""settings.DATABASE_SSL = "true";""", "verify-full", "http://%(domain)s/")]
    [InlineData("settings.DATABASE_SSL = true;", "verify-full", "http://%(domain)s/")]
    [InlineData("settings.DATABASE_SSL = false;", "disable", "http://%(domain)s/")]
    [InlineData("""settings.DATABASE_SSL = "noverify"; nginx = { enable = true; forceSSL = true; enableACME = true; };""", "require",
        "https://%(domain)s/")]
    [InlineData("""settings.DATABASE_SSL_MODE = "verify-ca";""", "verify-ca", "http://%(domain)s/")]
    public async Task Grafana_connects_and_links_as_safely_as_the_service(string settings, string sslMode, string rootUrl)
    {
        var grafana = """enable = true; secretsFile = "/run/secrets/teslamate.env"; grafana = { enable = true; secretKeyFile = "/run/k"; };"""
            + settings;
        (await OptionAsync("services.grafana.provision.datasources.settings.datasources", grafana))[0]
            .GetProperty("jsonData").GetProperty("sslmode").GetString().ShouldBe(sslMode);
        (await OptionAsync("services.grafana.settings.server.root_url", grafana)).GetString().ShouldBe(rootUrl);
    }

    [SkippableTheory]
    [InlineData("enable = true; postgres.enable_server = true;", "credentials.ENCRYPTION_KEY")]
    [InlineData("""enable = true; credentials.ENCRYPTION_KEY = "/run/key";""", "DATABASE_PASS")]
    [InlineData(Local + """settings.MQTT_PASSWORD = "oops";""", "settings holds a secret")]
    [InlineData(Local + """settings.WEB_PASSWORD = "oops";""", "settings holds a secret")]
    [InlineData(Local + """settings.WEB_API_TOKEN = "oops";""", "settings holds a secret")]
    [InlineData(Local + """settings.ENCRYPTION_KEY = "oops";""", "not services.teslamate.settings")]
    [InlineData("""enable = true; postgres.enable_server = true; postgres.user = "logger"; credentials.ENCRYPTION_KEY = "/run/key";""",
        "DATABASE_PASS")]
    [InlineData(Local + "postgres.package = (import ./nix/tests/machine.nix { }).pkgs.postgresql_16;", "PostgreSQL 16.3")]
    [InlineData("""enable = true; postgres = { enable_server = true; port = 5433; }; credentials.ENCRYPTION_KEY = "/run/key"; grafana.enable = true;""", "DATABASE_PASS")]
    [InlineData(Local + """nginx.enable = true; listenAddress = "/run/teslamate/web.sock";""", "SOCKET_PERM")]
    [InlineData(Local + "settings.PORT = 5000;", "services.teslamate.port instead")]
    [InlineData(Local + """settings.HTTP_BINDING_ADDRESS = "::";""", "services.teslamate.listenAddress instead")]
    [InlineData(Local + """settings.URL_PATH = "/x";""", "services.teslamate.urlPath instead")]
    [InlineData(Local + """settings.DATABASE_HOST = "x";""", "services.teslamate.postgres.host instead")]
    [InlineData(Local + """settings.DATABASE_PORT = 1;""", "services.teslamate.postgres.port instead")]
    [InlineData(Local + """settings.MQTT_HOST = "x";""", "services.teslamate.mqtt.host instead")]
    [InlineData(Local + """settings.VIRTUAL_HOST = "x";""", "services.teslamate.virtualHost instead")]
    [InlineData(Local + """settings.DATABASE_SOCKET_DIR = "/x";""", "DATABASE_SOCKET_DIR")]
    [InlineData(Local + """settings."BAD-NAME" = "x";""", "name of an environment variable")]
    [InlineData(Local + """settings."1ST" = "x";""", "name of an environment variable")]
    [InlineData(Local + """settings."A=B" = "x";""", "name of an environment variable")]
    [InlineData(Local + """credentials.DATABSE_PASS = "/run/x";""", "It knows ABRP_API_KEY, API_TOKEN")]
    [InlineData(Local + """encryptedCredentials.PASSWORD = "/run/x";""", "It knows ABRP_API_KEY, API_TOKEN")]
    [InlineData(Local + """listenAddress = "localhost";""", "127.0.0.1")]
    [InlineData(Local + """listenAddress = "[::1]";""", "without brackets")]
    [InlineData(Local + """listenAddress = "";""", "127.0.0.1")]
    [InlineData(Local + """listenAddress = "/tmp/web.sock";""", "/run/teslamate/web.sock")]
    [InlineData(Local + """listenAddress = "/run/teslamate/../x.sock";""", "/run/teslamate/web.sock")]
    [InlineData(Local + """urlPath = "tesla";""", "begins with a slash")]
    [InlineData(Local + """urlPath = "/a b";""", "begins with a slash")]
    [InlineData(Local + """urlPath = "/~x/{}";""", "begins with a slash")]
    [InlineData(Local + """virtualHost = "https://t.example";""", "without scheme")]
    [InlineData(Local + """backup.directory = "/home/me/b";""", "/var/backup/teslamate")]
    [InlineData(Local + """backup.directory = "/root";""", "/var/backup/teslamate")]
    [InlineData(Local + """backup.directory = "/tmp/x";""", "/var/backup/teslamate")]
    [InlineData(Local + """backup.directory = "/run/user/1000/x";""", "/var/backup/teslamate")]
    [InlineData(Local + """backup.directory = "/srv/a\"b";""", "without quotes")]
    [InlineData(Local + """postgres.host = "db.example.org";""", "Leave out one of the two")]
    [InlineData(Local + """postgres.database = "postgres";""", "PostgreSQL's own")]
    [InlineData(Local + """nginx = { enable = true; forceSSL = true; };""", "useACMEHost")]
    [InlineData(Local + """nginx.enable = true; settings.WEB_TRUSTED_HEADER = "a b";""", "Remote-User")]
    [InlineData(Local + """grafana = { enable = true; urlPath = "grafana"; };""", "/grafana")]
    [InlineData(Local + """settings.TELEMETRY_LISTEN = "0.0.0.0:4443";""", "services.teslamate.telemetry.enable instead")]
    [InlineData(Local + "telemetry.enable = true; telemetry.port = 4000;", "port of the web pages")]
    [InlineData(Local + """telemetry = { enable = true; useACMEHost = "t.example.com"; keyFile = "/run/secrets/t.key"; };""", "two certificates")]
    public async Task A_combination_that_cannot_work_is_refused_with_the_remedy(string settings, string remedy)
        => (await ProblemsAsync("assertions", settings)).ShouldHaveSingleItem().ShouldContain(remedy);

    [SkippableTheory]
    [InlineData("grafana = { enable = true; dashboards = /srv/dashboards; };", "grafana.secretKeyFile")]
    [InlineData("openFirewall = true;", "set-password")]
    [InlineData("""openFirewall = true; listenAddress = "127.0.0.1";""", "listenAddress")]
    [InlineData("nginx.enable = true; nginx.enableACME = true;", "forceSSL")]
    [InlineData("backup.beforeUpgrade = false; migrations.rollbackUnknown = true;", "backup.beforeUpgrade")]
    public async Task A_doubtful_combination_is_warned_about(string settings, string remedy)
        => (await ProblemsAsync("warnings", Local + settings)).ShouldHaveSingleItem().ShouldContain(remedy);

    [SkippableTheory]
    [InlineData("""secretsFile = "/nix/store/00000000000000000000000000000000-secrets";""", "secretsFile")]
    [InlineData("""port = 70000;""", "port")]
    [InlineData("""backup.retention = 0;""", "retention")]
    [InlineData("""colour = "red";""", "colour")]
    [InlineData("""credentials.TOKEN = "a b";""", "credentials.TOKEN")]
    [InlineData("""credentials.TOKEN = "/nix/store/00000000000000000000000000000000-x";""", "credentials.TOKEN")]
    [InlineData("""postgres.user = "it's";""", "postgres.user")]
    [InlineData("""postgres.database = "a b";""", "postgres.database")]
    [InlineData("""postgres.database = "a123456789012345678901234567890123456789012345";""", "postgres.database")]
    [InlineData("""settings.TZ = [ "a" ];""", "settings.TZ")]
    public async Task A_value_of_the_wrong_kind_names_its_option(string settings, string option)
        => (await Should.ThrowAsync<InvalidOperationException>(
            () => OptionAsync("services.teslamate", $"enable = true; {settings}"))).Message.ShouldContain(option);

    [SkippableFact]
    public async Task A_certificate_of_ACME_reaches_the_service_as_credentials_and_restarts_it_when_it_is_renewed()
    {
        const string Acme = Local + """telemetry = { enable = true; port = 443; useACMEHost = "t.example.com"; openFirewall = true; };""";
        var environment = await ServiceAsync("environment", Acme);
        environment.GetProperty("TELEMETRY_TLS_CERT_FILE").GetString().ShouldBe("/run/credentials/teslamate.service/telemetry.crt");
        environment.GetProperty("TELEMETRY_TLS_KEY_FILE").GetString().ShouldBe("/run/credentials/teslamate.service/telemetry.key");
        (await ServiceAsync("serviceConfig.LoadCredential", Acme)).EnumerateArray().Select(credential => credential.GetString()).ShouldBe(
            ["telemetry.crt:/var/lib/acme/t.example.com/fullchain.pem", "telemetry.key:/var/lib/acme/t.example.com/key.pem"]);
        (await ServiceAsync("serviceConfig.AmbientCapabilities", Acme)).GetString().ShouldBe("CAP_NET_BIND_SERVICE");
        (await ServiceAsync("after", Acme)).EnumerateArray().Select(unit => unit.GetString()).ShouldContain("acme-t.example.com.service");
        (await OptionAsync("security.acme.certs", Acme)).GetProperty("t.example.com").GetProperty("reloadServices")[0].GetString()
            .ShouldBe("teslamate.service");
        (await OptionAsync("networking.firewall.allowedTCPPorts", Acme)).EnumerateArray().Select(port => port.GetInt32()).ShouldBe([443]);
    }

    [SkippableTheory]
    [InlineData("", "")]
    [InlineData("openFirewall = true; port = 4100;", "4100")]
    [InlineData("openFirewall = true; nginx.enable = true;", "80")]
    [InlineData("openFirewall = true; nginx = { enable = true; forceSSL = true; enableACME = true; };", "80 443")]
    [InlineData("""openFirewall = true; nginx = { enable = true; useACMEHost = "example.com"; };""", "80 443")]
    public async Task Opening_the_firewall_opens_what_the_pages_are_reached_by(string settings, string ports)
        => string.Join(' ', (await OptionAsync("networking.firewall.allowedTCPPorts", Local + settings)).EnumerateArray()
            .Select(port => port.GetInt32())).ShouldBe(ports);

    [SkippableFact]
    public async Task Scheduled_backups_have_a_timer()
    {
        (await OptionAsync("systemd.timers.teslamate-backup.timerConfig.OnCalendar", Local + """backup.schedule = "daily";""")).GetString()
            .ShouldBe("daily");
        (await OptionAsync("systemd.timers", Local)).EnumerateObject().ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_scheduled_backup_runs_as_the_service_in_its_sandbox_and_its_failure_is_told()
    {
        const string Settings = Local + """backup = { schedule = "daily"; directory = "/mnt/nas/backups"; };""";
        var backup = await OptionAsync("systemd.services.teslamate-backup", Settings);
        var service = backup.GetProperty("serviceConfig");
        service.GetProperty("User").GetString().ShouldBe("teslamate");
        foreach (var (name, value) in new[] { ("ProtectSystem", "strict"), ("CapabilityBoundingSet", ""), ("UMask", "0077") })
            service.GetProperty(name).GetString().ShouldBe(value);
        service.GetProperty("NoNewPrivileges").GetBoolean().ShouldBeTrue();
        service.TryGetProperty("EnvironmentFile", out _).ShouldBeFalse();
        Lines(service.GetProperty("ReadWritePaths")).ShouldBe(["\"-/mnt/nas/backups\""]);
        Lines(backup.GetProperty("onFailure")).ShouldBe(["teslamate-backup-failed.service"]);
        Lines((await OptionAsync("systemd.services.teslamate-backup.onFailure", Settings + """backup.onFailure = [ "mail.service" ];""")))
            .ShouldBe(["mail.service"]);
        // A folder of the network is mounted first.
        foreach (var unit in new[] { "teslamate-backup", "teslamate" })
            Lines(await OptionAsync($"systemd.services.{unit}.unitConfig.RequiresMountsFor", Settings)).ShouldBe(["\"/mnt/nas/backups\""]);
    }

    [SkippableFact]
    public async Task Each_process_gets_the_secrets_that_it_needs_and_no_others()
    {
        const string Remote =
            """enable = true; secretsFile = "/run/s"; postgres.host = "db.example.org"; grafana = { enable = true; secretKeyFile = "/run/k"; }; backup.schedule = "daily";""";
        foreach (var (settings, having) in new[] { (Local + """grafana = { enable = true; secretKeyFile = "/run/k"; }; backup.schedule = "daily";""",
            "postgresql-setup"), (Remote, "grafana teslamate-backup") })
        {
            var services = await OptionAsync("systemd.services", settings);
            foreach (var service in services.EnumerateObject())
            {
                var files = service.Value.GetProperty("serviceConfig").TryGetProperty("EnvironmentFile", out var file) ? Lines(file) : [];
                files.ShouldBe(service.Name is "teslamate" or "teslamate-database-password"
                    ? [settings == Remote ? "/run/s" : "/run/secrets/teslamate.env"] : [], service.Name);
                var credentials = service.Value.GetProperty("serviceConfig").TryGetProperty("LoadCredential", out var loaded) ? Lines(loaded) : [];
                credentials.Contains("DATABASE_PASS:/run/teslamate-database-password/DATABASE_PASS")
                    .ShouldBe(having.Split(' ').Contains(service.Name), service.Name);
            }
        }
    }

    [SkippableTheory]
    [InlineData("port = 80;", "CAP_NET_BIND_SERVICE", false)]
    [InlineData("port = 1024;", "", true)]
    [InlineData("""port = 80; listenAddress = "/run/teslamate/web.sock";""", "", true)]
    public async Task A_privileged_port_comes_with_the_right_to_it(string settings, string capability, bool privateUsers)
    {
        var service = await ServiceAsync("serviceConfig", Local + settings);
        service.GetProperty("AmbientCapabilities").GetString().ShouldBe(capability);
        service.GetProperty("CapabilityBoundingSet").GetString().ShouldBe(capability);
        // In a namespace of its own the capability would be of no use outside.
        service.GetProperty("PrivateUsers").GetBoolean().ShouldBe(privateUsers);
        service.GetProperty("LimitCORE").GetInt32().ShouldBe(0);
    }

    [SkippableTheory]
    [InlineData("", "Remote-User X-Auth-Request-User X-Forwarded-User X-Proxy-Secret X-Remote-User")]
    [InlineData("""settings.WEB_TRUSTED_HEADER = "X-Authentik-Username";""",
        "Remote-User X-Auth-Request-User X-Authentik-Username X-Forwarded-User X-Proxy-Secret X-Remote-User")]
    public async Task The_reverse_proxy_passes_on_no_word_of_a_client_about_who_it_is(string settings, string headers)
    {
        var location = await OptionAsync("services.nginx.virtualHosts.\"t.example\".locations.\"/\".extraConfig",
            Local + $"""nginx.enable = true; virtualHost = "t.example"; {settings}""");
        var stripped = location.GetString()!.Split('\n').Where(line => line.StartsWith("proxy_set_header ", StringComparison.Ordinal)).ToArray();
        stripped.Select(line => line.Split(' ')[1]).Order(StringComparer.Ordinal).ShouldBe(headers.Split(' '));
        stripped.ShouldAllBe(line => line.EndsWith(" \"\";", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task What_the_administrator_says_elsewhere_wins_instead_of_conflicting()
    {
        var configuration = $$$"""
            {
              services.teslamate = { {{{Local}}} port = 4100; nginx.enable = true; virtualHost = "t.example"; grafana = { enable = true; secretKeyFile = "/run/k"; }; };
              services.postgresql = { enable = true; settings.port = 5433; };
              services.grafana.settings = { server = { domain = "grafana.example"; http_port = 3001; root_url = "https://grafana.example/"; }; security.allow_embedding = false; users.allow_sign_up = true; };
              services.nginx.virtualHosts."t.example" = { forceSSL = true; useACMEHost = "example"; locations."/".extraConfig = "client_max_body_size 1g;"; };
              systemd.services.teslamate.serviceConfig.EnvironmentFile = [ "/run/more.env" ];
              systemd.services.grafana.serviceConfig = { EnvironmentFile = "/run/grafana.env"; LoadCredential = [ "x:/run/x" ]; };
            }
            """;
        (await Evaluation.MachineAsync("problems.assertions", configuration)).GetArrayLength().ShouldBe(0);
        var config = await Evaluation.MachineAsync("config", configuration);
        var services = config.GetProperty("systemd").GetProperty("services");
        services.GetProperty("teslamate").GetProperty("environment").GetProperty("DATABASE_PORT").GetString().ShouldBe("5433");
        Lines(services.GetProperty("teslamate").GetProperty("serviceConfig").GetProperty("EnvironmentFile"))
            .ShouldBe(["/run/secrets/teslamate.env", "/run/more.env"], ignoreOrder: true);
        Lines(services.GetProperty("grafana").GetProperty("serviceConfig").GetProperty("LoadCredential")).ShouldContain("x:/run/x");
        var grafana = config.GetProperty("services").GetProperty("grafana").GetProperty("settings");
        grafana.GetProperty("server").GetProperty("domain").GetString().ShouldBe("grafana.example");
        grafana.GetProperty("server").GetProperty("http_port").GetInt32().ShouldBe(3001);
        grafana.GetProperty("security").GetProperty("allow_embedding").GetBoolean().ShouldBeFalse();
        var host = config.GetProperty("services").GetProperty("nginx").GetProperty("virtualHosts").GetProperty("t.example");
        host.GetProperty("forceSSL").GetBoolean().ShouldBeTrue();
        host.GetProperty("locations").GetProperty("/").GetProperty("extraConfig").GetString()!.ShouldContain("client_max_body_size");
    }

    [SkippableFact]
    public async Task Imported_twice_it_counts_once()
    {
        var name = await Evaluation.MachineAsync("config.systemd.services.teslamate.description",
            $"{{ imports = [ ./nix/module.nix ./nix/../nix/module.nix (import ./nix/module.nix) ]; services.teslamate = {{ {Local} }}; }}");
        name.GetString().ShouldNotBeNull().ShouldStartWith("TeslaMate");
    }

    [SkippableFact]
    public async Task The_credentials_it_knows_are_the_secrets_that_the_program_reads()
    {
        var known = (await ProblemsAsync("assertions", Local + """credentials.X = "/run/x";"""))[0];
        foreach (var file in Directory.GetFiles(Path.Combine(Evaluation.Root, "src"), "*.cs", SearchOption.AllDirectories))
        {
            foreach (System.Text.RegularExpressions.Match secret in System.Text.RegularExpressions.Regex.Matches(await File.ReadAllTextAsync(file),
                "\\.Secret\\(\"([A-Z_]+)\"\\)"))
            {
                // libpq's own variable is no setting of the program's.
                if (secret.Groups[1].Value != "PGPASSWORD")
                    known.ShouldContain(secret.Groups[1].Value, Case.Sensitive, file);
            }
        }
    }

    static string[] Lines(JsonElement list) => [.. list.EnumerateArray().Select(line => line.GetString()!)];

    [SkippableTheory]
    [InlineData("", null)]
    [InlineData("\"/var/lib/teslamate/elsewhere\"", null)]
    [InlineData("\"/var/lib/teslamate-backups\"", "/var/lib/teslamate-backups")]
    [InlineData("\"/srv/old backups\"", "/srv/old backups")]
    [InlineData("/srv/backups", "/srv/backups")]
    public async Task A_folder_for_backups_outside_of_the_services_own_is_made_and_may_be_written_to(string directory, string? expected)
    {
        var settings = Local + (directory.Length > 0 ? $"backup.directory = {directory};" : "");
        var paths = (await ServiceAsync("serviceConfig.ReadWritePaths", settings)).EnumerateArray().Select(path => path.GetString());
        paths.ShouldBe(expected is null ? [] : [$"\"-{expected}\""]);
        // With colons: a folder that others use too keeps its owner and its mode.
        var rules = (await OptionAsync("systemd.tmpfiles.rules", settings)).EnumerateArray().Select(rule => rule.GetString());
        rules.ShouldBe(expected is null ? [] : [$"d '{expected}' :0700 :teslamate :teslamate -"]);
    }

    [SkippableTheory]
    [InlineData("/", "/")]
    [InlineData("/teslamate", "/teslamate/")]
    [InlineData("/teslamate/", "/teslamate/")]
    public async Task The_reverse_proxy_strips_the_path(string path, string location)
    {
        var hosts = await OptionAsync("services.nginx.virtualHosts",
            Local + $"""nginx.enable = true; virtualHost = "t.example"; urlPath = "{path}";""");
        hosts.GetProperty("t.example").GetProperty("locations").GetProperty(location).GetProperty("proxyPass").GetString()
            .ShouldBe("http://127.0.0.1:4000/");
    }

    [SkippableTheory]
    [InlineData("", "http://127.0.0.1:4000/")]
    [InlineData("""listenAddress = "0.0.0.0";""", "http://127.0.0.1:4000/")]
    [InlineData("""listenAddress = "192.0.2.1"; port = 4100;""", "http://192.0.2.1:4100/")]
    [InlineData("""listenAddress = "::";""", "http://[::1]:4000/")]
    [InlineData("""listenAddress = "2001:db8::1";""", "http://[2001:db8::1]:4000/")]
    [InlineData("""listenAddress = "/run/teslamate/web.sock"; settings.SOCKET_PERM = "666";""", "http://unix:/run/teslamate/web.sock:/")]
    public async Task The_reverse_proxy_finds_the_pages_where_they_are_served(string option, string upstream)
    {
        var hosts = await OptionAsync("services.nginx.virtualHosts", Local + $"""nginx.enable = true; virtualHost = "t.example"; {option}""");
        hosts.GetProperty("t.example").GetProperty("locations").GetProperty("/").GetProperty("proxyPass").GetString().ShouldBe(upstream);
    }

    [SkippableTheory]
    [InlineData(Local, "postgresql-setup.service teslamate-database-password.service teslamate.service")]
    [InlineData("""enable = true; secretsFile = "/run/s"; postgres.host = "db.example.org"; postgres.port = 6543;""", "teslamate.service")]
    [InlineData(Local + """postgres.user = "logger"; postgres.database = "cars";""",
        "postgresql-setup.service teslamate-database-password.service teslamate.service")]
    [InlineData(Local + """backup = { schedule = "daily"; retention = 3; directory = "/srv/backups"; };""",
        "postgresql-setup.service teslamate-backup-failed.service teslamate-backup.service teslamate-backup.timer "
            + "teslamate-database-password.service teslamate.service")]
    [InlineData(Local
        + """grafana = { enable = true; urlPath = "/grafana"; secretKeyFile = "/run/k"; dashboards = "/srv/dashboards"; setDefaultDashboard = false; };""",
        "grafana.service postgresql-setup.service teslamate-database-password.service teslamate.service")]
    [InlineData(Local + "autoStart = false; migrations.rollbackUnknown = true;",
        "postgresql-setup.service teslamate-database-password.service teslamate.service")]
    [InlineData("""enable = true; postgres.enable_server = true; credentials = { ENCRYPTION_KEY = "/run/k"; MQTT_PASSWORD = "/run/m"; };""",
        "postgresql-setup.service teslamate.service")]
    public async Task Every_variant_is_rendered_whole_and_without_complaints(string settings, string units)
    {
        (await ProblemsAsync("assertions", settings)).ShouldBeEmpty();
        (await ProblemsAsync("warnings", settings)).ShouldBeEmpty();
        var rendered = (await Evaluation.MachineAsync("rendered", $"{{ services.teslamate = {{ {settings} }}; }}")).GetProperty("units");
        rendered.EnumerateObject().Select(unit => unit.Name).Order(StringComparer.Ordinal).ShouldBe(units.Split(' '));
        rendered.GetRawText().ShouldNotContain("null");
    }

    [SkippableFact]
    public async Task A_server_that_serves_others_too_keeps_its_own_settings()
    {
        // The administrator's settings stand; the module adds its own.
        var configuration = $$"""
            { services.teslamate = { {{Local}} }; services.postgresql = { settings.shared_buffers = "1GB"; authentication = "local all all peer"; }; }
            """;
        var postgresql = await Evaluation.MachineAsync("config.services.postgresql", configuration);
        postgresql.GetProperty("settings").GetProperty("shared_buffers").GetString().ShouldBe("1GB");
        postgresql.GetProperty("settings").GetProperty("port").GetInt32().ShouldBe(5432);
        postgresql.GetProperty("authentication").GetString().ShouldBe("local all all peer");
    }

    [SkippableTheory]
    [InlineData("", "17.10")]
    [InlineData("services.postgresql.package = pkgs.postgresql_18;", "18.4")]
    [InlineData("services.teslamate.postgres.package = pkgs.postgresql_18;", "18.4")]
    [InlineData("services.teslamate.postgres.package = pkgs.postgresql_18; services.postgresql.package = pkgs.postgresql_17;", "17.10")]
    public async Task The_administrators_choice_of_PostgreSQL_stands_and_ours_wins_over_that_of_nixpkgs(string choice, string version)
        => (await Evaluation.MachineAsync("config.services.postgresql.package.version",
            $"with (import ./nix/tests/machine.nix {{ }}); {{ services.teslamate = {{ {Local} }}; {choice} }}")).GetString().ShouldBe(version);

    [SkippableTheory]
    // What shares the server, the release of the installation, whether it must be told which version.
    [InlineData("""services.postgresql.ensureDatabases = [ "nextcloud" ];""", "24.11", true)]
    [InlineData("""services.postgresql.ensureUsers = [ { name = "nextcloud"; } ];""", "24.11", true)]
    [InlineData("services.postgresql.initialScript = /etc/x.sql;", "24.11", true)]
    [InlineData("services.postgresql.enable = true;", "23.11", true)]
    [InlineData("""services.postgresql.ensureDatabases = [ "nextcloud" ];""", "26.11", true)]
    [InlineData("""services.postgresql.ensureDatabases = [ "nextcloud" ];""", "25.11", false)]
    [InlineData("", "24.11", false)]
    [InlineData("services.postgresql = { ensureDatabases = [ \"nextcloud\" ]; package = pkgs.postgresql_15; };", "24.11", false)]
    [InlineData("services.postgresql.ensureDatabases = [ \"nextcloud\" ]; services.teslamate.postgres.package = pkgs.postgresql_17;", "24.11", false)]
    public async Task A_server_that_others_use_is_never_moved_to_another_version_unasked(string others, string stateVersion, bool refused)
    {
        var problems = await Evaluation.MachineAsync("problems.assertions",
            $"with (import ./nix/tests/machine.nix {{ }}); {{ system.stateVersion = \"{stateVersion}\"; services.teslamate = {{ {Local} }}; "
                + $"{others} }}");
        problems.GetArrayLength().ShouldBe(refused ? 1 : 0, problems.GetRawText());
        if (refused)
            problems[0].GetString()!.ShouldContain("services.postgresql.package = pkgs.postgresql_");
    }

    [SkippableFact]
    public async Task A_server_that_the_administrator_chose_too_old_is_refused()
        => (await Evaluation.MachineAsync("problems.assertions",
            $"with (import ./nix/tests/machine.nix {{ }}); {{ services.teslamate = {{ {Local} }}; services.postgresql.package = "
                + $"pkgs.postgresql_16; }}"))[0]
            .GetString().ShouldNotBeNull().ShouldContain("PostgreSQL 16.3");

    [SkippableFact]
    public async Task No_secret_is_in_what_is_rendered()
    {
        var rendered = await Evaluation.MachineAsync("rendered", $"{{ services.teslamate = {{ {Local} grafana.enable = true; }}; }}");
        rendered.GetRawText().ShouldNotContain("DATABASE_PASS=\\\"");
        rendered.GetProperty("units").GetProperty("teslamate.service").GetString()!.ShouldContain("EnvironmentFile=/run/secrets/teslamate.env");
    }

    [SkippableTheory]
    [InlineData("https://tiles.example/{z}/{x}/{y}.png?a=$HOME&b=`id`&c=\"d\"&e='f'\\g")]
    [InlineData("\u00a9 <a href=\"https://osm.org\">OSM</a>")]
    [InlineData("~/x")]
    [InlineData("100%20 %h %% %n")]
    [InlineData("a\nb\n\n")]
    [InlineData(" $(touch /tmp/x) ; # \t")]
    [InlineData("''${x}")]
    public async Task What_a_setting_holds_reaches_the_scripts_as_it_is(string value)
    {
        var rendered = await Evaluation.MachineAsync("rendered",
            $"{{ services.teslamate = {{ {Local} settings.MAP_TILES_URL = {Evaluation.Literal(value)}; }}; }}");
        var settings = rendered.GetProperty("scripts").EnumerateObject()
            .Single(script => script.Name.EndsWith("-teslamate-settings.sh", StringComparison.Ordinal)).Value.GetString()!;
        var (exitCode, output, errors) = await Evaluation.RunAsync("bash", ["-euc", settings + "printf '%s' \"$MAP_TILES_URL\""]);
        exitCode.ShouldBe(0, errors);
        output.ShouldBe(value);
    }

    [SkippableFact]
    public async Task The_scripts_are_clean_shell()
    {
        // With everything in it that a script is made of.
        var rendered = await Evaluation.MachineAsync("rendered",
            $"{{ services.teslamate = {{ {Local} credentials.MQTT_PASSWORD = \"/run/secrets/mqtt\"; settings = {{ MAP_ATTRIBUTION = \"© <a "
                + $"href=\\\"x\\\">OSM</a> ~/x 'y' $z\"; TZ = \"~\"; }}; }}; }}");
        var folder = Directory.CreateTempSubdirectory("teslamate-scripts-").FullName;
        try
        {
            foreach (var script in rendered.GetProperty("scripts").EnumerateObject())
            {
                var file = Path.Combine(folder, Path.GetFileName(script.Name));
                await File.WriteAllTextAsync(file, script.Value.GetString());
                var (exitCode, output, _) = await Evaluation.RunAsync("shellcheck", ["--exclude=SC2034,SC1091,SC2154", file]);
                exitCode.ShouldBe(0, output);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
