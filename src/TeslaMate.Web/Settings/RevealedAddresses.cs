using TeslaMate.Logbook.Settings;

namespace TeslaMate.Web.Settings;

/// <summary>A link that led here from what may be the owner's dashboards.</summary>
/// <param name="Referrer">The page with the link.</param>
/// <param name="Address">Where its dashboards would be.</param>
public sealed record DashboardLink(string Referrer, string Address)
{
    /// <summary>Null when the page is no dashboard.</summary>
    public static DashboardLink? From(string? referrer) => RevealedAddresses.GrafanaUrl(referrer) is { } address ? new(referrer!, address) : null;
}

/// <summary>Addresses that a browser reveals by coming here, for links between these pages and the dashboards.</summary>
static class RevealedAddresses
{
    /// <summary>Where these pages are, from the browser's origin; null when that is none.</summary>
    public static string? BaseUrl(string? origin, string urlPath)
        => PageAddress.Read(origin).Address is { } address ? address + urlPath : null;

    /// <summary>
    /// Where the dashboards are, from a link on one (spec web 6.5): without the query and the last three segments (<c>d</c>, uid, slug).
    /// </summary>
    public static string? GrafanaUrl(string? referrer)
    {
        if (!Uri.TryCreate(referrer, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.Host.Length == 0)
            return null;
        var segments = address.AbsolutePath.Trim('/').Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments.Length < 3)
            return null;
        var url = string.Join('/', [address.GetLeftPart(UriPartial.Authority), .. segments[..^3]]);
        return PageAddress.Read(url).Address;
    }
}
