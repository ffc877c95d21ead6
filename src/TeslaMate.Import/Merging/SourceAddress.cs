using System.Globalization;

namespace TeslaMate.Import.Merging;

/// <summary>The address of another database.</summary>
public static class SourceAddress
{
    /// <summary>
    /// The settings of a connection to it; without a password in it, <c>PGPASSWORD</c> or the password file is asked, as libpq does.
    /// </summary>
    internal static string ConnectionString(Uri source)
    {
        var user = source.UserInfo.Split(':', 2);
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = source.Host.Trim('[', ']'),
            Port = source.Port > 0 ? source.Port : 5432,
            Database = Uri.UnescapeDataString(source.AbsolutePath.TrimStart('/')),
            ApplicationName = "teslamate import",
            Timezone = "UTC",
            SearchPath = "public",
            CommandTimeout = 0,
            Pooling = false,
        };
        if (user[0].Length > 0)
            connection.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            connection.Password = Uri.UnescapeDataString(user[1]);
        foreach (var (name, value) in source.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
            .Where(pair => pair.Length == 2).Select(pair => (pair[0], Uri.UnescapeDataString(pair[1]))))
        {
            switch (name)
            {
                case "host": connection.Host = value; break;
                case "port" when int.TryParse(value, out var port): connection.Port = port; break;
                case "user": connection.Username = value; break;
                case "password": connection.Password = value; break;
                case "sslmode" when Enum.TryParse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true,
                    out var mode):
                    connection.SslMode = mode; break;
            }
        }

        return connection.ConnectionString;
    }

    /// <summary>Which database it is, without a password.</summary>
    internal static string Name(Uri source)
    {
        var connection = new NpgsqlConnectionStringBuilder(ConnectionString(source));
        return string.Create(CultureInfo.InvariantCulture, $"{connection.Database} on {connection.Host}:{connection.Port}");
    }

    /// <summary>Whether a text is such an address.</summary>
    public static Uri? Parse(string text)
        => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "postgres" or "postgresql" && address.AbsolutePath.Length > 1
            ? address : null;
}
