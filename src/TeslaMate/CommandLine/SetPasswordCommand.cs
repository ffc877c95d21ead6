using System.CommandLine;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Web.LogIn;

namespace TeslaMate.CommandLine;

/// <summary>
/// <c>teslamate set-password</c>: who may see the pages. The password comes from standard input, so that it is in no history and no process list.
/// </summary>
static class SetPasswordCommand
{
    public static Command Create()
    {
        var remove = new Option<bool>("--remove")
        {
            Description = "Forget the password and the API token: everybody who reaches the pages may use "
            + "them."
        };
        var token = new Option<bool>("--api-token")
        {
            Description = "Make a new bearer token for PUT /api/car/... and print it once; the password "
            + "stays as it is."
        };
        var command = new Command("set-password", "Set the password of the web pages, read from standard input. All who are logged in have to log "
            + "in again.") { remove, token };
        command.SetAction((parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var wish = parsed.GetValue(remove) ? Wish.Remove : parsed.GetValue(token) ? Wish.ApiToken : Wish.Password;
            // At a terminal it is asked for twice, and nobody who looks over a shoulder reads it.
            return RunAsync(wish, Variables.FromEnvironment(), Console.In, output, error, cancellationToken,
                Console.IsInputRedirected ? null : HiddenInput.Read);
        });
        return command;
    }

    internal enum Wish
    {
        Password,
        ApiToken,
        Remove,
    }

    internal static async Task<int> RunAsync(Wish wish, Variables variables, TextReader input, TextWriter output, TextWriter error,
        CancellationToken cancellationToken, Func<string?>? readHidden = null)
    {
        var settings = DatabaseSettings.Read(variables);
        if (await variables.PrintProblemsAsync(error))
            return ExitCode.Configuration;

        await using var database = settings.CreateDataSource();
        var access = new WebAccess(database, TimeProvider.System);
        try
        {
            switch (wish)
            {
                case Wish.Remove:
                    await access.RemovePasswordAsync(cancellationToken);
                    await output.WriteLineAsync("The pages have no password any more. Without one they are served on loopback only, unless "
                        + "HTTP_BINDING_ADDRESS says otherwise.");
                    return ExitCode.Ok;
                case Wish.ApiToken:
                    await output.WriteLineAsync((await access.MakeApiTokenAsync(cancellationToken)).Reveal());
                    return ExitCode.Ok;
                default:
                    return await SetAsync(access, input, readHidden, output, error, cancellationToken);
            }
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            await error.WriteLineAsync("The database is not set up yet. Run: teslamate migrate");
            return ExitCode.Failure;
        }
        catch (NpgsqlException exception)
        {
            await error.WriteLineAsync($"{settings}: {exception.Message}");
            return ExitCode.Failure;
        }
    }

    static async Task<int> SetAsync(WebAccess access, TextReader input, Func<string?>? readHidden, TextWriter output, TextWriter error,
        CancellationToken cancellationToken)
    {
        var password = readHidden is null ? (await input.ReadLineAsync(cancellationToken))?.TrimEnd('\r') ?? "" : await AskAsync("New password: ");
        if (password.Length < PasswordHash.LeastLength)
        {
            await error.WriteLineAsync($"The password needs at least {PasswordHash.LeastLength} characters. Example: teslamate set-password < "
                + "password-file");
            return ExitCode.Failure;
        }

        if (readHidden is not null && await AskAsync("The same again: ") != password)
        {
            await error.WriteLineAsync("The two differ; the password stays as it was.");
            return ExitCode.Failure;
        }

        await access.SetPasswordAsync(new Secret(password), cancellationToken);
        await output.WriteLineAsync("The password is set; it is asked for at once.");
        return ExitCode.Ok;

        async Task<string> AskAsync(string question)
        {
            await error.WriteAsync(question);
            var answer = readHidden() ?? "";
            await error.WriteLineAsync();
            return answer;
        }
    }
}
