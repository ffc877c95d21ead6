namespace TeslaMate.Outgoing.Abrp;

/// <summary>How A Better Route Planner is reached.</summary>
public sealed record AbrpSettings
{
    /// <summary><c>ABRP_API_KEY</c>: the application key that Iternio gives for this installation; null where the cars' own forms have one.</summary>
    public Secret? ApplicationKey { get; init; }

    /// <summary>The service, without a slash at its end.</summary>
    public Uri Address { get; init; } = new("https://api.iternio.com");

    /// <summary>Reads the variables; whatever cannot be used becomes a problem there.</summary>
    public static AbrpSettings Read(Variables variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        return new AbrpSettings { ApplicationKey = variables.Secret("ABRP_API_KEY") };
    }
}
