using System.Diagnostics;
using TeslaMate.Configuration;

namespace TeslaMate.Web;

/// <summary>Which origins may use the live connection: <c>CHECK_ORIGIN</c> (spec web 1.4). Closed.</summary>
public abstract record OriginRule
{
    OriginRule() { }

    /// <summary>Nothing was said: the pages' own origin passes, by whatever name they were asked for.</summary>
    public static OriginRule Own { get; } = new OwnOrigin();

    /// <summary>Every origin passes, as with <c>false</c>.</summary>
    public static OriginRule Any { get; } = new AnyOrigin();

    /// <summary>Reads <c>CHECK_ORIGIN</c>: <c>true</c>, <c>false</c>, a list of origins, or nothing.</summary>
    public static OriginRule Read(Variables variables)
    {
        switch (variables.Text("CHECK_ORIGIN"))
        {
            case null: return Own;
            case "false": return Any;
            case "true": return new VirtualHost();
            case var list:
                var patterns = new List<Pattern>();
                foreach (var entry in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                {
                    if (Pattern.Parse(entry) is { } pattern)
                        patterns.Add(pattern);
                    else
                        variables.Problem($"CHECK_ORIGIN holds \"{entry}\", which names no host. Example: "
                            + "CHECK_ORIGIN=https://example.com,//*.example.org:8080");
                }

                return new Listed(patterns);
        }
    }

    /// <summary>Whether a request with this <c>Origin</c> header passes; one without the header passes all rules but <see cref="Own"/>.</summary>
    /// <param name="isOwn">Whether that is the origin of the page itself, as far as the browser and the address tell.</param>
    public bool Allows(string? origin, string virtualHost, bool isOwn)
    {
        if (this is OwnOrigin)
            return isOwn;
        if (this is AnyOrigin || string.IsNullOrEmpty(origin))
            return true;
        return Uri.TryCreate(origin, UriKind.Absolute, out var address) && this switch
        {
            VirtualHost => string.Equals(address.Host, virtualHost, StringComparison.OrdinalIgnoreCase),
            Listed(var patterns) => patterns.Any(pattern => pattern.Matches(address)),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Whether a list of origins allows pages of this host, by whatever scheme and port.</summary>
    public bool Names(string host) => this is Listed(var patterns) && patterns.Any(pattern => pattern.IsOf(host));

    sealed record OwnOrigin : OriginRule;

    sealed record AnyOrigin : OriginRule;

    sealed record VirtualHost : OriginRule;

    sealed record Listed(IReadOnlyList<Pattern> Patterns) : OriginRule;

    sealed record Pattern(string? Scheme, string Host, int? Port)
    {
        /// <summary>Null when the entry names no host, such as a bare <c>example.com</c>.</summary>
        public static Pattern? Parse(string entry)
        {
            var anyScheme = entry.StartsWith("//", StringComparison.Ordinal);
            if (!anyScheme && !entry.Contains("://", StringComparison.Ordinal))
                return null;
            // A wildcard is no host to Uri; a letter stands in for it.
            if (!Uri.TryCreate((anyScheme ? "http:" + entry : entry).Replace("//*.", "//x-any.", StringComparison.Ordinal), UriKind.Absolute,
                out var address) || address.Host.Length == 0)
                return null;
            var host = address.Host.StartsWith("x-any.", StringComparison.Ordinal) ? "*." + address.Host["x-any.".Length..] : address.Host;
            var statesPort = entry[(entry.IndexOf("//", StringComparison.Ordinal) + 2)..].TrimEnd('/').Split(']')[^1].Contains(':');
            return new(anyScheme ? null : address.Scheme, host, statesPort || !anyScheme ? address.Port : null);
        }

        public bool Matches(Uri origin) =>
            (Scheme is null || string.Equals(Scheme, origin.Scheme, StringComparison.OrdinalIgnoreCase))
            && (Port is null || Port == origin.Port)
            && IsOf(origin.Host);

        public bool IsOf(string host) => Host.StartsWith("*.", StringComparison.Ordinal)
            ? host.EndsWith(Host[1..], StringComparison.OrdinalIgnoreCase)
            : string.Equals(Host, host, StringComparison.OrdinalIgnoreCase);
    }
}
