using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Web.LogIn;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate token</c>: the tokens for programs (spec api 2.5).</summary>
static class TokenCommands
{
    public static Command Create()
        => new("token", "Make, list and revoke the tokens by which apps and scripts come in.") { CreateCreate(), CreateList(), CreateRevoke() };

    static Command CreateCreate()
    {
        var name = new Argument<string>("NAME") { Description = "Your word for the program that will use it." };
        var scope = new Option<string[]>("--scope")
        {
            Description = $"What it may do: {string.Join(", ", TokenWish.AllScopes)}. May be given several times.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var car = new Option<string[]>("--car")
        {
            Description = "The number of a car that it is for, instead of all. May be given several times.",
            AllowMultipleArgumentsPerToken = true
        };
        var days = new Option<string?>("--days") { Description = "How many days it is valid; without, until it is revoked." };
        var command = new Command("create", "Make a token and print it, alone, on standard output. It cannot be shown again.") { name, scope, car,
            days };
        command.SetAction((parsed, cancellationToken) => CreateAsync(
            new Wish(parsed.GetRequiredValue(name), parsed.GetRequiredValue(scope), parsed.GetValue(car) ?? [], parsed.GetValue(days)),
            Variables.FromEnvironment(), parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    static Command CreateList()
    {
        var json = new Option<bool>("--json") { Description = "Write one JSON array, for programs." };
        var command = new Command("list", "List all tokens, also those that have ended. The tokens themselves are not kept.") { json };
        command.SetAction((parsed, cancellationToken) =>
            ListAsync(parsed.GetValue(json), Variables.FromEnvironment(), parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    static Command CreateRevoke()
    {
        var id = new Argument<int>("ID")
        {
            Description = "The token's number, as in the list.",
            CustomParser = Parsers.Number<int>(Parsers.WholeNumber, "token revoke 3"),
        };
        var command = new Command("revoke", "End a token, at once and for good.") { id };
        command.SetAction((parsed, cancellationToken) =>
            RevokeAsync(parsed.GetRequiredValue(id), Variables.FromEnvironment(), parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    internal sealed record Wish(string Name, IReadOnlyCollection<string> Scopes, IReadOnlyCollection<string> Cars, string? Days);

    internal static async Task<int> CreateAsync(Wish wish, Variables variables, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        var (parsed, problem) = TokenWish.Parse(wish.Name, wish.Scopes, wish.Cars, wish.Days);
        if (parsed is null)
        {
            await console.Error.WriteLineAsync(problem);
            return ExitCode.Usage;
        }

        return await WithStoreAsync(variables, console, async store =>
        {
            await console.Output.WriteLineAsync((await store.CreateAsync(parsed, cancellationToken)).Token.Reveal());
            return ExitCode.Ok;
        });
    }

    internal static Task<int> ListAsync(bool asJson, Variables variables, InvocationConfiguration console, CancellationToken cancellationToken)
        => WithStoreAsync(variables, console, async store =>
        {
            var tokens = await store.ListAsync(cancellationToken);
            if (asJson)
                await console.Output.WriteLineAsync(Json(tokens));
            else if (tokens.Count == 0)
                await console.Output.WriteLineAsync("There is no token. One is made by: teslamate token create NAME --scope read");
            else
            {
                foreach (var token in tokens)
                    await console.Output.WriteLineAsync(Line(token, TimeProvider.System.GetUtcNow()));
            }

            return ExitCode.Ok;
        });

    internal static Task<int> RevokeAsync(int id, Variables variables, InvocationConfiguration console, CancellationToken cancellationToken)
        => WithStoreAsync(variables, console, async store =>
        {
            if (await store.RevokeAsync(id, cancellationToken) is not { } revoked)
            {
                await console.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"There is no token {id} that could be revoked. Those there are: teslamate token list"));
                return ExitCode.Failure;
            }

            await console.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Token {revoked.Id} ({revoked.Name}) is revoked."));
            return ExitCode.Ok;
        });

    static async Task<int> WithStoreAsync(Variables variables, InvocationConfiguration console, Func<TokenStore, Task<int>> run)
    {
        var settings = DatabaseSettings.Read(variables);
        if (await variables.PrintProblemsAsync(console.Error))
            return ExitCode.Configuration;

        await using var database = settings.CreateDataSource();
        try
        {
            return await run(new TokenStore(database, TimeProvider.System));
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            await console.Error.WriteLineAsync("The database is not up to date. Run: teslamate migrate");
            return ExitCode.Failure;
        }
        catch (NpgsqlException exception)
        {
            await console.Error.WriteLineAsync($"{settings}: {exception.Message}");
            return ExitCode.Failure;
        }
    }

    static string Line(StoredToken token, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture,
        $"{token.Id}  {token.Name}  {token.Prefix}…  {string.Join(',', token.Scopes)}  "
            + $"cars: {(token.Cars is null ? "all" : string.Join(',', token.Cars))}  ")
        + (token.RevokedAt is not null ? "revoked" : !token.IsInForce(now) ? "expired" : token.ExpiresAt is { } end ? $"until {Day(end)}" : "no end")
        + (token.LastUsedAt is { } used ? $"  last used {Day(used)} from {token.LastUsedFrom}" : "  never used");

    static string Json(IReadOnlyList<StoredToken> tokens)
    {
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory))
        {
            writer.WriteStartArray();
            foreach (var token in tokens)
                Write(writer, token);
            writer.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(memory.ToArray());
    }

    static void Write(Utf8JsonWriter writer, StoredToken token)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id", token.Id);
        writer.WriteString("name", token.Name);
        writer.WriteString("prefix", token.Prefix);
        writer.WriteStartArray("scopes");
        foreach (var scope in token.Scopes)
            writer.WriteStringValue(scope);
        writer.WriteEndArray();
        if (token.Cars is null)
            writer.WriteNull("car_ids");
        else
        {
            writer.WriteStartArray("car_ids");
            foreach (var car in token.Cars)
                writer.WriteNumberValue(car.Value);
            writer.WriteEndArray();
        }

        writer.WriteString("created_at", Instant(token.CreatedAt));
        writer.WriteString("expires_at", Instant(token.ExpiresAt));
        writer.WriteString("last_used_at", Instant(token.LastUsedAt));
        writer.WriteString("last_used_from", token.LastUsedFrom);
        writer.WriteString("revoked_at", Instant(token.RevokedAt));
        writer.WriteEndObject();
    }

    static string? Instant(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
