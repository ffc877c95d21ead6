using System.Text;
using TeslaMate.Configuration;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Tests.Tesla;

/// <summary>Answers of Tesla with fictional data, and tokens.</summary>
static class Samples
{
    public static string Products => Read("products");

    public static string Asleep => Read("asleep");

    public static string Parked => Read("parked");

    public static string Driving => Read("driving");

    public static string Charging => Read("charging");

    public static TokenPair Pair(string access, string refresh) => new(new Secret(access), new Secret(refresh));

    /// <summary>A token whose payload is this JSON.</summary>
    public static string Jwt(string payload)
        => $"h.{Convert.ToBase64String(Encoding.UTF8.GetBytes(payload)).TrimEnd('=').Replace('+', '-').Replace('/', '_')}.s";

    static string Read(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Tesla", "testdata", name + ".json"));
}
