using System.Text.Json;
using TeslaMate.Configuration;

namespace TeslaMate.CommandLine;

/// <summary>What was given to <c>teslamate sign-in</c>: JSON, or two lines, the access token first.</summary>
abstract record SignInInput
{
    SignInInput() { }

    public sealed record Tokens(Secret Access, Secret Refresh) : SignInInput;

    public sealed record Nothing : SignInInput;

    /// <param name="Reason">A sentence that does not repeat what was given.</param>
    public sealed record Unusable(string Reason) : SignInInput;

    /// <summary>Longer inputs are no tokens.</summary>
    public const int Longest = 64 * 1024;

    public static SignInInput Read(string text)
    {
        text = text.Trim().TrimStart('\uFEFF');
        if (text.Length == 0)
            return new Nothing();
        if (text.Length > Longest)
            return new Unusable("That is too long to be two tokens.");
        return text.StartsWith('{') ? ReadJson(text) : ReadLines(text);
    }

    static SignInInput ReadLines(string text)
        => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var access, var refresh] && IsToken(access)
            && IsToken(refresh)
            ? new Tokens(new Secret(access), new Secret(refresh))
            : new Unusable("Give two lines, the access token first and the refresh token second, or JSON.");

    static SignInInput ReadJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return (Token(root, "access_token") ?? Token(root, "access"),
                Token(root, "refresh_token") ?? Token(root, "refresh")) is ({ } access, { } refresh)
                ? new Tokens(access, refresh)
                : new Unusable("""The JSON needs the texts "access_token" and "refresh_token".""");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return new Unusable("That begins like JSON, but is none.");
        }
    }

    static Secret? Token(JsonElement root, string name)
        => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString()!.Trim() is var text
            && IsToken(text)
            ? new Secret(text)
            : null;

    static bool IsToken(string text) => text.Length > 0 && !text.Any(char.IsWhiteSpace);
}
