using TeslaMate.Configuration;

namespace TeslaMate.Logbook;

/// <summary>What the logbook takes from the environment.</summary>
public sealed record LogbookSettings
{
    /// <summary>Where entries wait while the database is away (<c>TESLAMATE_SPOOL_DIR</c>, else <c>spool</c> in systemd's state directory).</summary>
    public string SpoolFolder { get; init; } = ".spool";

    /// <summary>
    /// The room of one car there, in bytes (<c>TESLAMATE_SPOOL_LIMIT_MB</c>): a day of driving needs some 60 MB. Beyond it positions are thinned out.
    /// </summary>
    public long SpoolLimit { get; init; } = 64L * 1024 * 1024;

    /// <summary>
    /// How long a lease that has run out is watched without a renewal before it is taken from another instance: longer than the 5 s between two
    /// renewals, so that after an outage of the database its holder, who has kept all of it on disk, comes first.
    /// </summary>
    public TimeSpan TakeoverDelay { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The geocoder (<c>NOMINATIM_URL</c>), without a trailing slash.</summary>
    public Uri NominatimUrl { get; init; } = new("https://nominatim.openstreetmap.org");

    /// <summary>The proxy on the way to the geocoder as it was given (<c>NOMINATIM_PROXY</c>); a bad one is ignored with a warning.</summary>
    public string? NominatimProxy { get; init; }

    /// <summary>The folder of elevation tiles (<c>SRTM_CACHE</c>).</summary>
    public string TileFolder { get; init; } = ".srtm_cache";

    /// <summary>Where releases are announced (<c>UPDATE_CHECK_URL</c>); null for no check at all.</summary>
    public Uri? UpdateCheckUrl { get; init; }

    /// <summary>The shortest time between two questions to the geocoder. Its public service allows one a second.</summary>
    public TimeSpan GeocoderPause { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// Where elevation tiles come from; <c>{0}</c> is the latitude's part of a tile's name, <c>{1}</c> the whole name. The first success wins.
    /// </summary>
    public IReadOnlyList<string> TileSources { get; init; } =
    [
        "https://s3.amazonaws.com/elevation-tiles-prod/skadi/{0}/{1}.hgt.gz",
        "https://step.esa.int/auxdata/dem/SRTMGL1/{1}.SRTMGL1.hgt.zip",
    ];

    /// <summary>
    /// Reads the variables; what is wrong with them is in <see cref="Variables.Problems"/> afterwards, and the result must not be used then.
    /// </summary>
    public static LogbookSettings Read(Variables variables)
    {
        var defaults = new LogbookSettings();
        // systemd separates several state directories by colons.
        var state = variables.Text("STATE_DIRECTORY")?.Split(':')[0];
        return new LogbookSettings
        {
            SpoolFolder = variables.Text("TESLAMATE_SPOOL_DIR") ?? (state is null ? defaults.SpoolFolder : Path.Combine(state, "spool")),
            SpoolLimit = variables.Whole("TESLAMATE_SPOOL_LIMIT_MB", fallback: 64, least: 1, most: 1_000_000) * 1024L * 1024,
            NominatimUrl = variables.Address("NOMINATIM_URL", example: "https://nominatim.openstreetmap.org", "https", "http")
                ?? defaults.NominatimUrl,
            NominatimProxy = variables.Text("NOMINATIM_PROXY"),
            TileFolder = variables.Text("SRTM_CACHE", defaults.TileFolder),
            UpdateCheckUrl = variables.Address("UPDATE_CHECK_URL", example: "https://api.github.com/repos/example/project/releases/latest", "https",
                "http"),
        };
    }
}
