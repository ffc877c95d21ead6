namespace TeslaMate.Database;

/// <summary>The major versions of PostgreSQL that the program is shown on; an older one is refused, a newer one used with a warning.</summary>
public static class SupportedServers
{
    public const int Oldest = 15;
    public const int Newest = 18;

    /// <summary>In words.</summary>
    public static string Range { get; } = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Oldest} to {Newest}");
}
