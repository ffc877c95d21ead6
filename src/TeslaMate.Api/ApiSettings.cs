using TeslaMate.Configuration;

namespace TeslaMate.Api;

/// <summary>
/// How the interfaces for programs answer. Who may ask is in <see cref="Web.WebSettings"/>, the second listener belongs to the host.
/// </summary>
public sealed record ApiSettings
{
    /// <summary>The version of the companion container's API that is answered, for apps that ask by it what they may use (spec api 1.2).</summary>
    public const string CompanionVersion = "1.25.0";

    /// <summary><c>TZ</c>: the zone in which the companion API reads and writes dates; the machine's when nothing is said.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Local;

    /// <summary><c>API_MCP</c>: whether assistants may ask by the Model Context Protocol.</summary>
    public bool HasMcp { get; init; }

    /// <summary>Reads the variables; whatever cannot be used becomes a problem there.</summary>
    public static ApiSettings Read(Variables variables) => new()
    {
        // Of a zone that is not known here the host warns; the machine's is taken.
        Zone = variables.Text("TZ") is { } name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : TimeZoneInfo.Local,
        HasMcp = variables.Flag("API_MCP", fallback: false),
    };
}
