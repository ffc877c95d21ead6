using System.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Encryption;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.CommandLine;

/// <summary>
/// <c>teslamate sign-in</c>: for machines without a browser. Tokens come on standard input, since arguments are visible to every user.
/// </summary>
static class SignInCommand
{
    public static Command Create()
    {
        var command = new Command("sign-in", "Check Tesla's tokens, given on standard input as JSON or as two lines (access, refresh), and store "
            + "them encrypted.");
        command.SetAction((parsed, cancellationToken) =>
        {
            var configuration = parsed.InvocationConfiguration;
            return RunAsync(Variables.FromEnvironment(), Console.In, Console.IsInputRedirected, configuration.Output, configuration.Error,
                cancellationToken);
        });
        return command;
    }

    internal static async Task<int> RunAsync(
        Variables variables, TextReader input, bool isRedirected, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var database = DatabaseSettings.Read(variables);
        var tesla = TeslaSettings.Read(variables);
        if (EncryptionKey.FindExisting(variables) is not { } key)
        {
            variables.Problem("ENCRYPTION_KEY is not set, so nothing could read the tokens again. Give it the same value as the running program "
                + "has.");
            key = null;
        }

        if (await variables.PrintProblemsAsync(error) || key is null)
            return ExitCode.Configuration;

        var (access, refresh) = (default(Secret), default(Secret));
        // With the bearer of a proxy there is nothing to type.
        if (tesla.FleetToken is null || isRedirected)
        {
            if (!isRedirected)
                await error.WriteLineAsync("Enter the access token and the refresh token, each on its own line, then press Ctrl-D.");
            switch (SignInInput.Read(await ReadAsync(input, cancellationToken)))
            {
                case SignInInput.Tokens tokens:
                    (access, refresh) = (tokens.Access, tokens.Refresh);
                    break;
                case SignInInput.Unusable(var reason):
                    await error.WriteLineAsync(reason);
                    return ExitCode.Usage;
                case SignInInput.Nothing when tesla.FleetToken is null:
                    await error.WriteLineAsync("No tokens were given on standard input.");
                    return ExitCode.Usage;
            }
        }

        await using var source = database.CreateDataSource();
        switch (await new HeadlessSignIn(source, key, tesla).RunAsync(access, refresh, cancellationToken))
        {
            case null:
                await output.WriteLineAsync("Signed in. The tokens are stored, encrypted; a running TeslaMate uses them within half a minute.");
                return ExitCode.Ok;
            case ApiError.TokenRefresh refused:
                await error.WriteLineAsync($"Tesla did not accept the tokens ({refused}). Nothing was stored.");
                return ExitCode.Failure;
            case var failure:
                await error.WriteLineAsync($"The sign-in failed: {failure}. Nothing was stored.");
                return ExitCode.Failure;
        }
    }

    static async Task<string> ReadAsync(TextReader input, CancellationToken cancellationToken)
    {
        var buffer = new char[SignInInput.Longest + 1];
        var length = 0;
        while (length < buffer.Length && await input.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var count)
            length += count;
        return new string(buffer, 0, length);
    }
}
