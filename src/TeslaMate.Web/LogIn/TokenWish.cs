using System.Globalization;
using TeslaMate.Logbook;

namespace TeslaMate.Web.LogIn;

/// <summary>A token that somebody wants to be made; made only by <see cref="Parse"/>, which refuses what cannot be.</summary>
public sealed record TokenWish
{
    /// <summary>What a token may be for, as forms and command lines name it.</summary>
    public static readonly IReadOnlyList<string> AllScopes =
        [LogIn.Scopes.Read, LogIn.Scopes.Logging, LogIn.Scopes.Write, LogIn.Scopes.Admin, LogIn.Scopes.Calendar];

    /// <summary>The longest name, in characters.</summary>
    public const int LongestName = 100;

    const int MostDays = 36_500;

    TokenWish() { }

    /// <summary>Neither empty nor with control characters.</summary>
    public required string Name { get; init; }

    /// <summary>One or more of <see cref="AllScopes"/>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>One or more; null for all, also those to come.</summary>
    public IReadOnlyList<CarId>? Cars { get; init; }

    /// <summary>Null for one without an end.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>The wish, or what is wrong with it in a sentence with an example.</summary>
    /// <param name="name">Blanks around it are taken off.</param>
    /// <param name="scopes">Words of <see cref="AllScopes"/>.</param>
    /// <param name="cars">Numbers of cars; none for all.</param>
    /// <param name="days">How long it lasts; null or empty for ever.</param>
    public static (TokenWish? Wish, string? Problem) Parse(string? name, IReadOnlyCollection<string> scopes, IReadOnlyCollection<string> cars,
        string? days)
    {
        name = name?.Trim();
        if (name is not { Length: > 0 and <= LongestName } || name.Any(char.IsControl))
            return (null, $"A token needs a name of 1 to {LongestName} characters. Example: phone");
        if (scopes.Count == 0 || scopes.FirstOrDefault(scope => !AllScopes.Contains(scope)) is { } unknown && unknown != "")
            return (null, $"A token needs one or more of the scopes {string.Join(", ", AllScopes)}. Example: read");
        var ids = new List<CarId>();
        foreach (var text in cars)
        {
            if (!CarId.TryParse(text, CultureInfo.InvariantCulture, out var car) || car.Value == 0)
                return (null, $"\"{text}\" is not the number of a car. Example: 1");
            ids.Add(car);
        }

        var lifetime = 0;
        if (!string.IsNullOrWhiteSpace(days)
            && (!int.TryParse(days, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out lifetime)
                || lifetime is < 1 or > MostDays))
            return (null, $"\"{days}\" is not a number of days from 1 to {MostDays}. Example: 365");
        return (new TokenWish
        {
            Name = name,
            Scopes = [.. AllScopes.Where(scopes.Contains)],
            Cars = ids.Count > 0 ? [.. ids.Distinct().OrderBy(car => car.Value)] : null,
            Lifetime = lifetime > 0 ? TimeSpan.FromDays(lifetime) : null,
        }, null);
    }
}
