using TeslaMate.Configuration;

namespace TeslaMate.Hosting;

/// <summary>The variable <c>TZ</c>, which the runtime reads by itself, and takes for UTC without a word when it knows no such zone.</summary>
static class LocalTimeZone
{
    /// <summary>What is wrong with it; null when nothing is.</summary>
    public static string? Problem(Variables variables)
    {
        if (variables.Text("TZ")?.TrimStart(':') is not { Length: > 0 } name || TimeZoneInfo.TryFindSystemTimeZoneById(name, out _)
            || (Path.IsPathRooted(name) && File.Exists(name)))
            return null;
        return $"TZ is \"{name}\", which is no time zone here: times are shown in UTC. Example: TZ=Europe/Berlin";
    }
}
