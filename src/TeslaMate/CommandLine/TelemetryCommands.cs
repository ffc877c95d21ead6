using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Encryption;
using TeslaMate.Logbook;
using TeslaMate.Telemetry;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Configuring;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Fleet;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate telemetry</c>: lets cars send their data by themselves, step by step.</summary>
static class TelemetryCommands
{
    const string DefaultFolder = "/var/lib/teslamate";

    /// <param name="variables">The environment; the process's own if not given.</param>
    public static Command Create(Func<Variables>? variables = null)
    {
        var read = variables ?? Variables.FromEnvironment;
        var command = new Command("telemetry", "Let cars send their data by themselves (Fleet Telemetry): keys, certificate, configure, status, "
            + "check, remove.");
        command.Subcommands.Add(Keys(read));
        command.Subcommands.Add(Certificate());
        command.Subcommands.Add(Configure(read));
        command.Subcommands.Add(Status(read));
        command.Subcommands.Add(Check(read));
        command.Subcommands.Add(Remove(read));
        return command;
    }

    static Command Keys(Func<Variables> read)
    {
        var folder = Folder();
        var command = new Command("keys", "Make the key pair of your app, or show the public half of the one that is there.") { folder };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var file = parsed.AppKeyFileOf(folder, read());
            return await TryAsync(parsed.InvocationConfiguration.Error, async () =>
            {
                await output.WriteLineAsync(TelemetryFiles.MakeKeys(file));
                await output.WriteLineAsync($"The private half is in {file}. Serve the text above, for ever, at "
                    + $"https://YOUR-DOMAIN{TelemetryFiles.WellKnownPath},");
                await output.WriteLineAsync("register the domain with Tesla, and pair each car by opening https://tesla.com/_ak/YOUR-DOMAIN on "
                    + "the phone with the Tesla app.");
                return ExitCode.Ok;
            });
        });
        return command;
    }

    static Command Certificate()
    {
        var folder = Folder();
        var host = new Argument<string>("HOST") { Description = "The public name under which cars reach this machine." };
        var command = new Command("certificate", "Make an authority for ten years and the server's certificate for one; call it again to renew "
            + "the latter.") { host, folder };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, directory) = (parsed.InvocationConfiguration.Output, parsed.FolderOf(folder));
            return await TryAsync(parsed.InvocationConfiguration.Error, async () =>
            {
                if (!await IsHostAsync(parsed.GetValue(host)!, TelemetryFiles.IsName, parsed.InvocationConfiguration.Error))
                    return ExitCode.Usage;
                TelemetryFiles.MakeCertificate(parsed.GetValue(host)!, directory, TimeProvider.System.GetUtcNow());
                await output.WriteLineAsync($"TELEMETRY_TLS_CERT_FILE={TelemetryFiles.CertificateFile(directory)}");
                await output.WriteLineAsync($"TELEMETRY_TLS_KEY_FILE={TelemetryFiles.KeyFile(directory)}");
                return ExitCode.Ok;
            });
        });
        return command;
    }

    static Command Configure(Func<Variables> read)
    {
        var (car, folder) = (Car(), Folder());
        var host = new Option<string>("--host") { Description = "The public name under which cars reach this machine.", Required = true };
        var port = Port();
        var profile = new Option<string>("--profile")
        {
            Description = "How much the car sends: standard, small or full.",
            DefaultValueFactory = _ => "standard"
        };
        profile.AcceptOnlyFromAmong(TelemetryProfile.Names);
        var authority = Authority("File with the certificates that the car checks the server by; the own authority if not given.");
        var print = new Option<bool>("--print") { Description = "Only show the signed configuration; ask nobody." };
        var command = new Command("configure", "Tell a car to send its data here: signs the configuration and gives it to Tesla.") { car, host, port,
            profile, authority, folder, print };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, error, directory) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, parsed.FolderOf(folder));
            return await TryAsync(error, async () =>
            {
                if (!await IsHostAsync(parsed.GetValue(host)!, TelemetryFiles.IsHost, error))
                    return ExitCode.Usage;
                var (ca, _) = TelemetryFiles.ReadAuthorities(parsed.GetValue(authority), directory);
                using var key = TelemetryFiles.ReadKey(parsed.AppKeyFileOf(folder, read()));
                if (parsed.GetValue(print))
                {
                    await output.WriteLineAsync(Token(null));
                    return ExitCode.Ok;
                }

                return await WithTeslaAsync(read(), parsed.GetValue(car)!, error, async (found, api, cars, ledger) =>
                {
                    var answer = await AskAsync(ledger, found.Id, "configure",
                        () => api.ConfigureAsync([found.Vin], Token(found.Software), cancellationToken), cancellationToken);
                    switch (answer)
                    {
                        case ApiAnswer<ConfiguredCars>.Ok(var configured) when configured.Skipped.Count > 0:
                            foreach (var (vin, reason) in configured.Skipped)
                                await error.WriteLineAsync($"Tesla skipped {vin}: {Explain(reason)}");
                            return ExitCode.Failure;
                        case ApiAnswer<ConfiguredCars>.Ok:
                            await cars.EnableAsync(found.Id, isEnabled: true, parsed.GetValue(profile), parsed.GetValue(host),
                                TimeProvider.System.GetUtcNow(), cancellationToken);
                            await output.WriteLineAsync("Tesla has taken the configuration. The car fetches it when it is awake; do not wake it. "
                                + "See: teslamate telemetry status");
                            return ExitCode.Ok;
                        case ApiAnswer<ConfiguredCars>.Failed(var failure):
                            await error.WriteLineAsync(Explain(failure));
                            return ExitCode.Failure;
                        default:
                            throw new System.Diagnostics.UnreachableException();
                    }
                }, cancellationToken);

                string Token(string? software) => TelemetrySignature.Token(
                    key,
                    TelemetryProfile.Configuration(parsed.GetValue(profile)!, parsed.GetValue(host)!, parsed.GetValue(port), ca, software: software));
            });
        });
        return command;
    }

    static Command Status(Func<Variables> read)
    {
        var json = new Option<bool>("--json") { Description = "For programs." };
        var command = new Command("status", "What streams, what was heard last, and what it costs this month. Asks the database only.") { json };
        command.SetAction((parsed, cancellationToken) => TryAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var variables = read();
            var settings = DatabaseSettings.Read(variables);
            if (await variables.PrintProblemsAsync(parsed.InvocationConfiguration.Error))
                return ExitCode.Configuration;
            return await Verbs.WithDatabaseAsync(settings, parsed.InvocationConfiguration.Error, async () =>
            {
                await using var database = settings.CreateDataSource();
                var statuses = await new TelemetryStatus(database).ReadAsync(TimeProvider.System.GetUtcNow(), cancellationToken);
                if (parsed.GetValue(json))
                {
                    var cars = new JsonArray([.. statuses.Select(status => status.ToJson())]);
                    await output.WriteLineAsync(new JsonObject { ["cars"] = cars }.ToJsonString());
                    return ExitCode.Ok;
                }

                foreach (var status in statuses)
                    await output.WriteLineAsync(status.ToString());
                if (statuses.Count == 0)
                    await output.WriteLineAsync("No car is told to send its data here. See: teslamate telemetry configure --help");
                return ExitCode.Ok;
            });
        }));
        return command;
    }

    static Command Check(Func<Variables> read)
    {
        var folder = Folder();
        var host = new Argument<string>("HOST") { Description = "The public name." };
        var port = Port();
        var authority = Authority("File with the certificates that cars check the server by; the own authority if not given.");
        var car = new Option<string?>("--car")
        {
            Description = "Also ask Tesla whether the app's key is paired with this car (its number or VIN) "
            + "and whether it has fetched its configuration."
        };
        var command = new Command("check", "Look at the endpoint as a car does: name, port, and the certificate against the configured authority "
            + "alone.")
        {
            host, port, authority, car, folder,
        };
        command.SetAction((parsed, cancellationToken) => TryAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (!await IsHostAsync(parsed.GetValue(host)!, TelemetryFiles.IsName, error))
                return ExitCode.Usage;
            var (_, authorities) = TelemetryFiles.ReadAuthorities(parsed.GetValue(authority), parsed.FolderOf(folder));
            var verdict = await EndpointCheck.RunAsync(parsed.GetValue(host)!, parsed.GetValue(port), authorities, cancellationToken);
            await output.WriteLineAsync(verdict.Text);
            if (parsed.GetValue(car) is not { } name)
                return verdict.IsGood ? ExitCode.Ok : ExitCode.Failure;
            var asked = await WithTeslaAsync(read(), name, error,
                (found, api, cars, ledger) => PrintAsync(found, api, cars, ledger, output, error, cancellationToken), cancellationToken);
            return verdict.IsGood ? asked : ExitCode.Failure;
        }));
        return command;
    }

    /// <summary>What Tesla says about a car's configuration.</summary>
    static async Task<int> PrintAsync(
        OwnedCar found, FleetTelemetryApi api, TelemetryCars cars, Ledger ledger, TextWriter output, TextWriter error,
        CancellationToken cancellationToken)
    {
        switch (await AskAsync(ledger, found.Id, "check", () => api.ReadAsync(found.Vin, cancellationToken), cancellationToken))
        {
            case ApiAnswer<CarConfiguration>.Ok(var configuration):
                await cars.NoteSyncedAsync(found.Id, configuration.IsSynced, TimeProvider.System.GetUtcNow(), cancellationToken);
                await output.WriteLineAsync(Explain(found.Vin, configuration));
                return configuration is { IsThere: true, KeyPaired: not false, LimitReached: false } ? ExitCode.Ok : ExitCode.Failure;
            case ApiAnswer<CarConfiguration>.Failed(var failure):
                await error.WriteLineAsync(Explain(failure));
                return ExitCode.Failure;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Every request is in the ledger, with how it ended.</summary>
    static async Task<ApiAnswer<T>> AskAsync<T>(Ledger ledger, CarId car, string reason, Func<Task<ApiAnswer<T>>> ask,
        CancellationToken cancellationToken)
    {
        var entry = await ledger.WriteDownAsync(car, "configuration", reason, cancellationToken);
        var answer = await ask();
        await ledger.AnsweredAsync(entry, answer.HttpStatus, cancellationToken);
        return answer;
    }

    static Command Remove(Func<Variables> read)
    {
        var car = Car();
        var command = new Command("remove", "Tell a car to send nothing here any more.") { car };
        command.SetAction((parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            return TryAsync(error, () => WithTeslaAsync(read(), parsed.GetValue(car)!, error, async (found, api, cars, ledger) =>
            {
                if (await AskAsync(ledger, found.Id, "remove", () => api.RemoveAsync(found.Vin, cancellationToken),
                    cancellationToken) is ApiAnswer<int>.Failed(var failure))
                {
                    await error.WriteLineAsync(Explain(failure));
                    return ExitCode.Failure;
                }

                await cars.EnableAsync(found.Id, isEnabled: false, null, null, TimeProvider.System.GetUtcNow(), cancellationToken);
                await output.WriteLineAsync("The car is polled again from its next start of logging on.");
                return ExitCode.Ok;
            }, cancellationToken));
        });
        return command;
    }

    static async Task<int> WithTeslaAsync(
        Variables variables, string car, TextWriter error, Func<OwnedCar, FleetTelemetryApi, TelemetryCars, Ledger, Task<int>> act,
        CancellationToken cancellationToken)
    {
        var (settings, tesla, telemetry) = (DatabaseSettings.Read(variables), TeslaSettings.Read(variables), TelemetrySettings.Read(variables));
        telemetry = telemetry with { IsPriced = tesla.IsPriced };
        if (EncryptionKey.FindExisting(variables) is not { } key)
        {
            variables.Problem("ENCRYPTION_KEY is not set, so the stored tokens cannot be read. Give this command the settings of the service.");
            key = null;
        }

        if (await variables.PrintProblemsAsync(error) || key is null)
            return ExitCode.Configuration;
        return await Verbs.WithDatabaseAsync(
            settings, error, () => AskTeslaAsync(settings, key, tesla, telemetry, car, error, act, cancellationToken));
    }

    static async Task<int> AskTeslaAsync(
        DatabaseSettings settings, EncryptionKey key, TeslaSettings tesla, TelemetrySettings telemetry, string car, TextWriter error,
        Func<OwnedCar, FleetTelemetryApi, TelemetryCars, Ledger, Task<int>> act, CancellationToken cancellationToken)
    {
        await using var database = settings.CreateDataSource();
        using var api = new FleetTelemetryApi(database, key, tesla);
        using var cars = new TelemetryCars(database, new InboxTable(database), telemetry, TimeProvider.System, NullLogger<TelemetryCars>.Instance);
        var ledger = new Ledger(database, telemetry, TimeProvider.System, NullLogger<Ledger>.Instance);
        if (!api.IsAvailable)
        {
            await error.WriteLineAsync("TESLA_API_HOST is not set; it names the host of Tesla's Fleet API for your region. Example: "
                + "TESLA_API_HOST=https://fleet-api.prd.eu.vn.cloud.tesla.com");
            return ExitCode.Configuration;
        }

        if (await FindAsync(database, car, cancellationToken) is not { } found)
        {
            await error.WriteLineAsync($"There is no car \"{car}\". Name it by its number or its VIN.");
            return ExitCode.Usage;
        }

        return await act(found, api, cars, ledger);
    }

    static async Task<OwnedCar?> FindAsync(NpgsqlDataSource database, string car, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select id, vin, (select version from public.updates where updates.car_id = cars.id order by start_date desc limit 1)
            from public.cars
            where (vin = $1 or id::text = $1) and vin is not null
            """);
        command.Parameters.Add(Value.Of(car));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new OwnedCar(new CarId(reader.GetInt16(0)), reader.GetString(1), reader.Text(2)) : null;
    }

    static async Task<int> TryAsync(TextWriter error, Func<Task<int>> act)
    {
        try
        {
            return await act();
        }
        catch (UnauthorizedAccessException exception)
        {
            await error.WriteLineAsync($"{exception.Message} Run this as the user of the service, or name another folder by --folder.");
            return ExitCode.Failure;
        }
        catch (Exception exception) when (exception is IOException or CryptographicException)
        {
            await error.WriteLineAsync(exception.Message);
            return ExitCode.Failure;
        }
    }

    /// <summary>What went wrong, and what the owner can do about it.</summary>
    static string Explain(ApiError failure) => failure switch
    {
        ApiError.NotSignedIn => "Nobody is signed in. Sign in on the page /sign_in, with the owner's account.",
        ApiError.Unauthorized => "Tesla refused the stored access token. It is renewed while the program runs (teslamate serve); if that does not "
            + "help, sign in again on the page /sign_in.",
        ApiError.Refused { Status: 403 } => $"Tesla refused: {failure}. The app needs the scopes vehicle_device_data and vehicle_location; sign in "
            + "again after they were granted.",
        ApiError.Refused { Status: 412 } => $"Tesla refused: {failure}. Register the app's domain in the region of TESLA_API_HOST "
            + "(POST /api/1/partner_accounts).",
        ApiError.VehicleNotFound => "Tesla does not know the car in this account. Sign in with the account of the owner; that of a driver is not "
            + "enough.",
        _ => $"Tesla refused: {failure}",
    };

    static string Explain(string reason) => reason switch
    {
        "missing_key" => "the app's key is not paired with the car; open https://tesla.com/_ak/YOUR-DOMAIN on the owner's phone",
        "unsupported_hardware" => "this car can never stream",
        "unsupported_firmware" => "the car needs newer software first",
        "max_configs" => "too many apps stream from this car already; remove one in the Tesla app",
        _ => reason,
    };

    static string Explain(string vin, CarConfiguration configuration) => configuration switch
    {
        { KeyPaired: false } => $"{vin}: {Explain("missing_key")}.",
        { LimitReached: true } => $"{vin}: {Explain("max_configs")}.",
        { IsThere: false } => $"{vin} has no configuration: it was never given one, or Tesla has removed it because the key or the scope was "
            + "taken back.",
        { IsSynced: false } => $"{vin} has not fetched its configuration yet; it does when it is awake. Do not wake it.",
        _ => $"{vin} is paired and has fetched its configuration.",
    };

    static async Task<bool> IsHostAsync(string host, Func<string, bool> isHost, TextWriter error)
    {
        if (isHost(host))
            return true;
        await error.WriteLineAsync($"\"{host}\" is no name that cars find in the public DNS. Give the name alone, without scheme and port. Example: "
            + "telemetry.example.org");
        return false;
    }

    static Option<int> Port() => new("--port")
    {
        Description = "The public port.",
        DefaultValueFactory = _ => 4443,
        CustomParser = Parsers.Number<int>("a port from 1 to 65535", "--port 4443", port => port is >= 1 and <= 65_535),
    };

    static Argument<string> Car() => new("CAR") { Description = "The car's number or VIN." };

    static Option<string> Folder()
    {
        var folder = new Option<string>("--folder")
        {
            Description = "Where keys and certificates are kept; without it, TELEMETRY_APP_KEY_FILE names the app's key pair.",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("STATE_DIRECTORY") is { Length: > 0 } state
                ? state.Split(':')[0] : DefaultFolder,
        };
        folder.Validators.Add(IsNamed);
        return folder;
    }

    static Option<string?> Authority(string description)
    {
        var authority = new Option<string?>("--ca") { Description = description };
        authority.Validators.Add(IsNamed);
        return authority;
    }

    static void IsNamed(OptionResult result)
    {
        if (result.Tokens is [{ Value: "" }])
            result.AddError($"{result.Option.Name} must not be empty.");
    }

    /// <summary>The whole path, since it is shown for use elsewhere.</summary>
    static string FolderOf(this ParseResult parsed, Option<string> folder) => Path.GetFullPath(parsed.GetValue(folder)!);

    /// <summary>The key pair of the app is where the service looks for it, unless a folder is given.</summary>
    static string AppKeyFileOf(this ParseResult parsed, Option<string> folder, Variables variables)
        => parsed.GetResult(folder) is { Implicit: false } || variables.Text("TELEMETRY_APP_KEY_FILE") is not { } file
            ? TelemetryFiles.AppKeyFile(parsed.FolderOf(folder)) : Path.GetFullPath(file);

    /// <param name="Software">What it ran when it was last logged; null when it never was.</param>
    sealed record OwnedCar(CarId Id, string Vin, string? Software);
}
