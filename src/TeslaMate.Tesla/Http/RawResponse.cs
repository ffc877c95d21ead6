using System.Text.Json;

namespace TeslaMate.Tesla.Http;

/// <summary>What came back over the wire, before anyone asks what it means.</summary>
sealed class RawResponse(int status, JsonDocument? json, string text) : IDisposable
{
    public int Status => status;

    /// <summary>The body, if its type is JSON and it is not empty.</summary>
    public JsonDocument? Json => json;

    /// <summary>The beginning of any other body. It may repeat secrets; see <see cref="Redaction.Detail"/>.</summary>
    public string Text => text;

    /// <summary>The type said JSON, the body was none.</summary>
    public bool IsUnreadable { get; init; }

    /// <summary>Header <c>Retry-After</c> as sent.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>Header <c>Location</c> as sent.</summary>
    public string? Location { get; init; }

    public Version Version { get; init; } = new(1, 1);

    public bool IsSuccess => status is >= 200 and <= 299;

    /// <summary>Member <c>error</c> of the body, if that is an object and the member a text.</summary>
    public string? Error
        => json is { RootElement: { ValueKind: JsonValueKind.Object } root } && root.TryGetProperty("error", out var error)
            && error.ValueKind == JsonValueKind.String
            ? error.GetString()
            : null;

    public void Dispose() => json?.Dispose();
}
