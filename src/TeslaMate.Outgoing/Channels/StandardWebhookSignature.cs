using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TeslaMate.Outgoing.Channels;

/// <summary>Signatures as Standard Webhooks has them (spec api 4.2).</summary>
static class StandardWebhookSignature
{
    const string Mark = "whsec_";

    /// <summary>What stands in <c>webhook-signature</c> for one key: <c>v1,</c> and Base64.</summary>
    /// <param name="key">With or without <c>whsec_</c>, then Base64.</param>
    /// <param name="timestamp">Unix seconds, as in <c>webhook-timestamp</c>.</param>
    public static string Of(Secret key, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        var text = key.Reveal();
        var bytes = Convert.FromBase64String(text.StartsWith(Mark, StringComparison.Ordinal) ? text[Mark.Length..] : text);
        byte[] signed = [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")), .. body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(bytes, signed));
    }
}
