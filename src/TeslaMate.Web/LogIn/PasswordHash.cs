using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TeslaMate.Configuration;

namespace TeslaMate.Web.LogIn;

/// <summary>A password as it is stored: PBKDF2 with HMAC-SHA-512, <c>$pbkdf2-sha512$i=300000$salt$hash</c> with base64 parts.</summary>
public static class PasswordHash
{
    /// <summary>Passwords shorter than this are refused.</summary>
    public const int LeastLength = 8;

    const int Iterations = 300_000;
    const int SaltBytes = 16;
    const int HashBytes = 64;
    const string Scheme = "pbkdf2-sha512";

    public static string Make(Secret password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return string.Create(CultureInfo.InvariantCulture,
            $"${Scheme}$i={Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(Derive(password, salt, Iterations))}");
    }

    /// <summary>Takes the same time for a right and a wrong password; false also for a stored text that is none of ours.</summary>
    public static bool Matches(string stored, Secret password)
    {
        if (stored.Split('$') is not ["", Scheme, var cost, var salt, var hash] || !cost.StartsWith("i=", StringComparison.Ordinal)
            || !int.TryParse(cost.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)
            || iterations is < 1 or > 10_000_000)
            return false;
        try
        {
            return CryptographicOperations.FixedTimeEquals(Derive(password, Convert.FromBase64String(salt), iterations),
                Convert.FromBase64String(hash));
        }
        catch (FormatException)
        {
            return false;
        }
    }

    static byte[] Derive(Secret password, byte[] salt, int iterations)
        => Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password.Reveal().Normalize()), salt, iterations, HashAlgorithmName.SHA512, HashBytes);
}
