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
    [InlineData("settings.PORT = 5000;", "PORT", "5000")]
    [InlineData("settings.TZ = \"Europe/Berlin\";", "TZ", "Europe/Berlin")]
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
        (await OptionAsync("services.grafana.provision.datasources.settings.datasources", Documented))[0].GetProperty("name").GetString().ShouldBe("TeslaMate");
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
        const string Settings = """enable = true; postgres.enable_server = true; credentials.ENCRYPTION_KEY = "/run/secrets/key";""";
        (await ProblemsAsync("assertions", Settings)).ShouldBeEmpty();
        (await ServiceAsync("serviceConfig.LoadCredential", Settings))[0].GetString().ShouldBe("ENCRYPTION_KEY:/run/secrets/key");
    }

    [SkippableFact]
    public async Task A_password_by_credential_reaches_all_who_need_it()
    {
        const string Settings = """
            enable = true; postgres = { enable_server = true; user = "logger"; port = 5433; };
            credentials = { ENCRYPTION_KEY = "/run/key"; DATABASE_PASS = "/run/pass"; }; grafana = { enable = true; secretKeyFile = "/run/k"; };
            """;
        (await ProblemsAsync("assertions", Settings)).ShouldBeEmpty();
        foreach (var unit in new[] { "postgresql-setup", "grafana" })
            (await OptionAsync($"systemd.services.{unit}.serviceConfig.LoadCredential", Settings))[0].GetString().ShouldBe("DATABASE_PASS:/run/pass");
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
        (await OptionAsync("systemd.services.grafana.serviceConfig", Settings)).EnumerateObject().ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Grafana_reads_another_database_as_the_service_does()
    {
        const string Settings = """enable = true; secretsFile = "/run/s"; postgres = { host = "db.example.org"; user = "logger"; }; grafana = { enable = true; secretKeyFile = "/run/k"; };""";
        var source = (await OptionAsync("services.grafana.provision.datasources.settings.datasources", Settings))[0];
        source.GetProperty("url").GetString().ShouldBe("db.example.org:5432");
        source.GetProperty("user").GetString().ShouldBe("logger");
        source.GetProperty("secureJsonData").GetProperty("password").GetString().ShouldBe("$__env{DATABASE_PASS}");
        (await OptionAsync("systemd.services.grafana.serviceConfig.EnvironmentFile", Settings)).GetString().ShouldBe("/run/s");
    }

    [SkippableTheory]
    [InlineData("", "disable", "http://%(domain)s/")]
    [InlineData("postgres.enable_server = true;", "disable", "http://%(domain)s/")]
    [InlineData("""settings.DATABASE_SSL = "true";""", "verify-full", "http://%(domain)s/")]
    [InlineData("""settings.DATABASE_SSL = "noverify"; nginx = { enable = true; forceSSL = true; };""", "require", "https://%(domain)s/")]
    [InlineData("""settings.DATABASE_SSL_MODE = "verify-ca";""", "verify-ca", "http://%(domain)s/")]
    public async Task Grafana_connects_and_links_as_safely_as_the_service(string settings, string sslMode, string rootUrl)
    {
        var grafana = """enable = true; secretsFile = "/run/secrets/teslamate.env"; grafana = { enable = true; secretKeyFile = "/run/k"; };""" + settings;
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
    [InlineData("""enable = true; postgres.enable_server = true; postgres.user = "logger"; credentials.ENCRYPTION_KEY = "/run/key";""", "DATABASE_PASS")]
    [InlineData(Local + "postgres.package = (import ./nix/tests/machine.nix { }).pkgs.postgresql_16;", "PostgreSQL 16.3")]
    [InlineData("""enable = true; postgres = { enable_server = true; port = 5433; }; credentials.ENCRYPTION_KEY = "/run/key"; grafana.enable = true;""", "DATABASE_PASS")]
    [InlineData(Local + """nginx.enable = true; listenAddress = "/run/teslamate/web.sock";""", "SOCKET_PERM")]
    public async Task A_combination_that_cannot_work_is_refused_with_the_remedy(string settings, string remedy)
        => (await ProblemsAsync("assertions", settings)).ShouldHaveSingleItem().ShouldContain(remedy);

    [SkippableTheory]
    [InlineData("grafana.enable = true;", "grafana.secretKeyFile")]
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
    public async Task A_value_of_the_wrong_kind_names_its_option(string settings, string option)
        => (await Should.ThrowAsync<InvalidOperationException>(() => OptionAsync("services.teslamate", $"enable = true; {settings}"))).Message.ShouldContain(option);

    [SkippableFact]
    public async Task Opening_the_firewall_opens_only_the_pages_port()
    {
        (await OptionAsync("networking.firewall.allowedTCPPorts", Local + "openFirewall = true; port = 4100;"))[0].GetInt32().ShouldBe(4100);
        (await OptionAsync("networking.firewall.allowedTCPPorts", Local)).GetArrayLength().ShouldBe(0);
    }

    [SkippableFact]
    public async Task Scheduled_backups_have_a_timer()
    {
        (await OptionAsync("systemd.timers.teslamate-backup.timerConfig.OnCalendar", Local + """backup.schedule = "daily";""")).GetString().ShouldBe("daily");
        (await OptionAsync("systemd.timers", Local)).EnumerateObject().ShouldBeEmpty();
    }

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
        var hosts = await OptionAsync("services.nginx.virtualHosts", Local + $"""nginx.enable = true; virtualHost = "t.example"; urlPath = "{path}";""");
        hosts.GetProperty("t.example").GetProperty("locations").GetProperty(location).GetProperty("proxyPass").GetString().ShouldBe("http://127.0.0.1:4000/");
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
    [InlineData(Local, "postgresql-setup.service teslamate.service")]
    [InlineData("""enable = true; secretsFile = "/run/s"; postgres.host = "db.example.org"; postgres.port = 6543;""", "teslamate.service")]
    [InlineData(Local + """postgres.user = "logger"; postgres.database = "cars";""", "postgresql-setup.service teslamate.service")]
    [InlineData(Local + """backup = { schedule = "daily"; retention = 3; directory = "/srv/backups"; };""",
        "postgresql-setup.service teslamate-backup.service teslamate-backup.timer teslamate.service")]
    [InlineData(Local + """grafana = { enable = true; urlPath = "/grafana"; secretKeyFile = "/run/k"; setDefaultDashboard = false; };""",
        "grafana.service postgresql-setup.service teslamate.service")]
    [InlineData(Local + "autoStart = false; migrations.rollbackUnknown = true;", "postgresql-setup.service teslamate.service")]
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

    [SkippableFact]
    public async Task A_server_that_the_administrator_chose_too_old_is_refused()
        => (await Evaluation.MachineAsync("problems.assertions",
            $"with (import ./nix/tests/machine.nix {{ }}); {{ services.teslamate = {{ {Local} }}; services.postgresql.package = pkgs.postgresql_16; }}"))[0]
            .GetString().ShouldNotBeNull().ShouldContain("PostgreSQL 16.3");

    [SkippableFact]
    public async Task No_secret_is_in_what_is_rendered()
    {
        var rendered = await Evaluation.MachineAsync("rendered", $"{{ services.teslamate = {{ {Local} grafana.enable = true; }}; }}");
        rendered.GetRawText().ShouldNotContain("DATABASE_PASS=\\\"");
        rendered.GetProperty("units").GetProperty("teslamate.service").GetString()!.ShouldContain("EnvironmentFile=/run/secrets/teslamate.env");
    }

    [SkippableFact]
    public async Task What_a_setting_holds_reaches_the_scripts_as_it_is()
    {
        const string Value = "https://tiles.example/{z}/{x}/{y}.png?a=$HOME&b=`id`&c=\"d\"&e='f'\\g";
        var nix = Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        var rendered = await Evaluation.MachineAsync("rendered", $"{{ services.teslamate = {{ {Local} settings.MAP_TILES_URL = \"{nix}\"; }}; }}");
        var script = rendered.GetProperty("scripts").EnumerateObject().Single(script => script.Name.EndsWith("/teslamate-maintenance", StringComparison.Ordinal)).Value.GetString()!;
        var (exitCode, output, errors) = await Evaluation.RunAsync("bash", ["-c", script[..script.IndexOf("service_user=", StringComparison.Ordinal)] + "printf '%s' \"$MAP_TILES_URL\""]);
        exitCode.ShouldBe(0, errors);
        output.ShouldBe(Value);
    }

    [SkippableFact]
    public async Task The_scripts_are_clean_shell()
    {
        // With everything in it that a script is made of.
        var rendered = await Evaluation.MachineAsync("rendered",
            $"{{ services.teslamate = {{ {Local} credentials.MQTT_PASSWORD = \"/run/secrets/mqtt\"; settings.MAP_TILES_URL = \"https://t.example/{{z}}/{{x}}/{{y}}.png\"; }}; }}");
        var folder = Directory.CreateTempSubdirectory("teslamate-scripts-").FullName;
        try
        {
            foreach (var script in rendered.GetProperty("scripts").EnumerateObject())
            {
                var file = Path.Combine(folder, Path.GetFileName(script.Name));
                await File.WriteAllTextAsync(file, script.Value.GetString());
                var (exitCode, output, _) = await Evaluation.RunAsync("shellcheck", ["--exclude=SC2034", file]);
                exitCode.ShouldBe(0, output);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
