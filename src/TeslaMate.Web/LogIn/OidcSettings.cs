using TeslaMate.Configuration;

namespace TeslaMate.Web.LogIn;

/// <summary>An OpenID Connect provider that people log in by.</summary>
public sealed record OidcSettings
{
    /// <summary><c>WEB_OIDC_ISSUER</c>.</summary>
    public required Uri Issuer { get; init; }

    /// <summary><c>WEB_OIDC_CLIENT_ID</c>.</summary>
    public required string ClientId { get; init; }

    /// <summary><c>WEB_OIDC_CLIENT_SECRET</c>; null for a public client.</summary>
    public Secret? ClientSecret { get; init; }

    /// <summary><c>WEB_OIDC_ALLOWED_SUBJECTS</c>: the <c>sub</c> of those who may come in.</summary>
    public IReadOnlyList<string> AllowedSubjects { get; init; } = [];

    /// <summary><c>WEB_OIDC_ALLOWED_GROUPS</c>: groups whose members may come in.</summary>
    public IReadOnlyList<string> AllowedGroups { get; init; } = [];

    /// <summary><c>WEB_OIDC_GROUPS_CLAIM</c>: the claim that names the groups.</summary>
    public string GroupsClaim { get; init; } = "groups";

    /// <summary><c>WEB_OIDC_SCOPES</c>: what the provider is asked for.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = ["openid", "profile"];

    /// <summary>Null without an issuer; what is wrong becomes a problem there.</summary>
    public static OidcSettings? Read(Variables variables)
    {
        var issuer = variables.Address("WEB_OIDC_ISSUER", "https://login.example.com", "https", "http");
        var clientId = variables.Text("WEB_OIDC_CLIENT_ID");
        var settings = new OidcSettings
        {
            Issuer = issuer ?? new Uri("https://login.example.com"),
            ClientId = clientId ?? "",
            ClientSecret = variables.Secret("WEB_OIDC_CLIENT_SECRET"),
            AllowedSubjects = List(variables, "WEB_OIDC_ALLOWED_SUBJECTS"),
            AllowedGroups = List(variables, "WEB_OIDC_ALLOWED_GROUPS"),
            GroupsClaim = variables.Text("WEB_OIDC_GROUPS_CLAIM", "groups"),
            Scopes = variables.Text("WEB_OIDC_SCOPES", "openid profile").Split(' ', StringSplitOptions.RemoveEmptyEntries),
        };
        if (variables.Text("WEB_OIDC_ISSUER") is null)
        {
            if (clientId is not null)
                variables.Problem("WEB_OIDC_CLIENT_ID is set, but not the provider. Example: WEB_OIDC_ISSUER=https://login.example.com");
            return null;
        }

        if (clientId is null)
            variables.Problem("WEB_OIDC_CLIENT_ID is not set. Example: WEB_OIDC_CLIENT_ID=teslamate");
        // A provider may know many people who have nothing to do with these cars.
        if (settings.AllowedSubjects.Count == 0 && settings.AllowedGroups.Count == 0)
            variables.Problem("WEB_OIDC_ISSUER is set, but not who may come in. Example: WEB_OIDC_ALLOWED_GROUPS=teslamate, or "
                + "WEB_OIDC_ALLOWED_SUBJECTS with the sub of each person");
        if (issuer is { Scheme: "http", IsLoopback: false })
            variables.Problem("WEB_OIDC_ISSUER is reached without encryption, so that everybody on the way could log in. Example: "
                + "WEB_OIDC_ISSUER=https://login.example.com");
        return settings;
    }

    /// <summary>Whether this person may come in.</summary>
    public bool Allows(string subject, IEnumerable<string> groups)
        => subject.Length > 0 && (AllowedSubjects.Contains(subject, StringComparer.Ordinal)
            || AllowedGroups.Intersect(groups, StringComparer.Ordinal).Any());

    static string[] List(Variables variables, string name)
        => (variables.Text(name) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
