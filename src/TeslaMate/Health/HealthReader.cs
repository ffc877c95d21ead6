using System.Security.Cryptography;
using System.Text;
using Npgsql;
using TeslaMate.Web;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Health;

/// <summary>
/// Who may know about the cars: everybody while the pages have no password, otherwise whoever has the API token. While the database is away, which knows the
/// password, nobody; the rest of the health check needs no permission.
/// </summary>
sealed class HealthReader(WebSettings settings, WebAccess access)
{
    public async Task<bool> MayKnowAllAsync(HttpContext http)
    {
        try
        {
            if (settings.TrustedHeader is null && !await access.HasPasswordAsync(http.RequestAborted))
                return true;
            var header = http.Request.Headers.Authorization.ToString();
            if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || header["Bearer ".Length..].Trim() is not { Length: > 0 and < 1000 } token)
                return false;
            return (settings.ApiToken is { } known && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(known.Reveal()), Encoding.UTF8.GetBytes(token)))
                || await access.IsApiTokenAsync(token, http.RequestAborted);
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
