using System.CommandLine;
using Npgsql;
using Serilog.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;
using TeslaMate.Database.Migrations;
using TeslaMate.Hosting;
using TeslaMate.Logging;
using TeslaMate.Systemd.Notify;
using TeslaMate.Web;
using TeslaMate.Web.LogIn;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate serve</c> and <c>teslamate start</c>: log the cars and serve the pages.</summary>
static partial class ServeCommand
{
    public static Command Create()
    {
        var migrate = new Option<bool>("--migrate") { Description = "Apply pending migrations first, instead of refusing to start." };
        var command = new Command("serve", "Log the cars and serve the web pages (this is what happens without a verb).") { migrate };
        command.SetAction((parsed, cancellationToken)
            => RunAsync(Variables.FromEnvironment(), parsed.GetValue(migrate), parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    /// <summary>What the reference's container does at its start: wait for the database, migrate, serve; fit to be process 1.</summary>
    public static Command CreateStart()
    {
        var command = new Command("start", "Wait for the database, apply pending migrations, then serve: for containers.");
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(Variables.FromEnvironment(), migrate: true, parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    /// <summary>Reads the settings, waits for the database, checks its schema and runs until <paramref name="stop"/>.</summary>
    internal static async Task<int> RunAsync(Variables variables, bool migrate, InvocationConfiguration console, CancellationToken stop)
    {
        var settings = Settings.Read(variables);
        if (await variables.PrintProblemsAsync(console.Error))
            return ExitCode.Configuration;

        await using var log = LogOutput.Create(settings.Log, new SecretRedactor(settings.Secrets), console.Output);
        using var loggers = new SerilogLoggerFactory(log);
        var logger = loggers.CreateLogger("TeslaMate");
        if (settings.Key.Origin is KeyOrigin.Generated)
            Log.KeyGenerated(logger);
        if (LocalTimeZone.Problem(variables) is { } problemOfZone)
            Log.NoTimeZone(logger, problemOfZone);
        if (settings.Web.AsksForNoTokens)
            Log.TokenDisabled(logger);
        // One pool from the first question to the last: its first connection is the dear one.
        await using var database = settings.Database.CreateDataSource();
        try
        {
            // The program is put together while the database thinks.
            var fit = DatabaseIsFitAsync(database, settings, variables, migrate, loggers, stop);
            var app = TeslaMateApp.Build(settings, log, new AppOverrides { Services = services => services.AddSingleton(database) });
            await WaitingPage.ShowDuringAsync(fit, settings, logger, TimeProvider.System, stop);
            if (!await fit)
            {
                await app.DisposeAsync();
                return ExitCode.Failure;
            }

            if (await StrangersAreKeptOutAsync(database, settings, logger, stop) is not { } areKeptOut)
            {
                await app.DisposeAsync();
                return ExitCode.Configuration;
            }

            var listener = settings.Listener.Decide(areKeptOut);
            return await ProgramRun.RunAsync(app, settings with { Listener = listener }, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
        catch (NpgsqlException exception)
        {
            // The database answered a first question and not what came after it: the role may not, or the server went away again.
            var (cause, remedy, _) = new Migrator(settings.Database, variables, TimeProvider.System).Explain(exception);
            Log.DatabaseRefuses(logger, cause, remedy);
            return ExitCode.Failure;
        }
    }

    static async Task<bool> DatabaseIsFitAsync(
        NpgsqlDataSource database, Settings settings, Variables variables, bool migrate, SerilogLoggerFactory loggers, CancellationToken stop)
    {
        var time = TimeProvider.System;
        var notifier = BestEffortNotifier.FromEnvironment();
        var wait = new DatabaseWait(database, settings.Database, notifier, time, loggers.CreateLogger<DatabaseWait>(), Random.Shared.NextDouble);
        var gate = new SchemaGate(database, new Migrator(settings.Database, variables, time), notifier, time, loggers.CreateLogger<SchemaGate>());
        return await gate.PassAsync(await wait.UntilAnswerAsync(stop), migrate, stop);
    }

    /// <summary>Whether the pages ask who is there; stores the password of the settings, if they have one. Null when that is no password.</summary>
    static async Task<bool?> StrangersAreKeptOutAsync(NpgsqlDataSource database, Settings settings, ILogger logger, CancellationToken stop)
    {
        var access = new WebAccess(database, TimeProvider.System);
        if (settings.Web.Password is { } password)
        {
            var isNew = !await access.IsPasswordAsync(password, stop);
            if (password.Reveal().Length < PasswordHash.LeastLength && isNew)
            {
                Log.PasswordTooShort(logger, PasswordHash.LeastLength);
                return null;
            }

            // One that is in use already goes on working: the pages would be gone otherwise, and with them the logging.
            if (password.Reveal().Length < PasswordHash.LeastLength)
                Log.ShortPassword(logger, PasswordHash.LeastLength);
            if (isNew)
            {
                await access.SetPasswordAsync(password, stop);
                Log.PasswordSet(logger);
            }
        }

        // What a new version asks of a token is no reason to stop logging.
        if (settings.Web.IsApiTokenRefused)
            Log.TokenRefused(logger, WebSettings.LeastTokenLength / 2);
        else if (settings.Web.ApiToken is { } token && token.Reveal().Length < WebSettings.LeastTokenLength)
            Log.ShortToken(logger, WebSettings.LeastTokenLength);
        if (settings.Key is { Origin: KeyOrigin.Configured, IsShort: true })
            Log.ShortKey(logger, EncryptionKey.LeastLength);
        if (settings.Web.TrustedHeader is not null || settings.Web.Oidc is not null || await access.HasPasswordAsync(stop))
            return true;
        if (settings.Listener is ListenerSettings.Unspecified)
            Log.LoopbackOnly(logger);
        else
            Log.NoPassword(logger);
        return false;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "API_TOKEN_DISABLE has no effect: a proxy may name who it let in instead "
            + "(WEB_TRUSTED_HEADER)")]
        public static partial void TokenDisabled(ILogger logger);

        [LoggerMessage(Level = LogLevel.Critical, Message = "WEB_PASSWORD needs at least {Least} characters; it is not taken. Example: "
            + "WEB_PASSWORD_FILE=/run/secrets/web-password")]
        public static partial void PasswordTooShort(ILogger logger, int least);

        [LoggerMessage(Level = LogLevel.Warning, Message = "WEB_PASSWORD has fewer than {Least} characters, which is quickly guessed. Change it")]
        public static partial void ShortPassword(ILogger logger, int least);

        [LoggerMessage(Level = LogLevel.Information, Message = "The password of the pages was changed to WEB_PASSWORD; all sessions are ended")]
        public static partial void PasswordSet(ILogger logger);

        [LoggerMessage(Level = LogLevel.Error,
            Message = "WEB_API_TOKEN has fewer than {Least} characters, so it opens nothing. Make a longer one, for example with: openssl rand "
                + "-base64 32")]
        public static partial void TokenRefused(ILogger logger, int least);

        [LoggerMessage(Level = LogLevel.Warning, Message = "WEB_API_TOKEN has fewer than {Least} characters, which is quickly guessed. Make a "
            + "longer one, for example with: openssl rand -base64 32")]
        public static partial void ShortToken(ILogger logger, int least);

        [LoggerMessage(Level = LogLevel.Warning, Message = "ENCRYPTION_KEY has fewer than {Least} characters, so that whoever gets a backup can "
            + "try all keys. "
            + "Tokens are stored with it, so change it at the next sign-in, for example to the output of: openssl rand -base64 48")]
        public static partial void ShortKey(ILogger logger, int least);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
        public static partial void NoTimeZone(ILogger logger, string problem);

        [LoggerMessage(Level = LogLevel.Warning,
            Message = "The pages have no password, so they are served to this machine only. Set one with: teslamate set-password, or say with "
                + "HTTP_BINDING_ADDRESS who may come")]
        public static partial void LoopbackOnly(ILogger logger);

        [LoggerMessage(Level = LogLevel.Information, Message = "The pages have no password; whoever reaches them may use them. Set one with: "
            + "teslamate set-password")]
        public static partial void NoPassword(ILogger logger);

        [LoggerMessage(Level = LogLevel.Critical, Message = "The program cannot start. {Cause} Remedy: {Remedy}")]
        public static partial void DatabaseRefuses(ILogger logger, string cause, string remedy);

        [LoggerMessage(Level = LogLevel.Warning,
            Message = "No ENCRYPTION_KEY is set, so Tesla's tokens are encrypted with a key made for this run, and a sign-in is needed after each "
                + "start. "
                + "Make a key, for example with: openssl rand -base64 48, and set ENCRYPTION_KEY or ENCRYPTION_KEY_FILE")]
        public static partial void KeyGenerated(ILogger logger);
    }
}
