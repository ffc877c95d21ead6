using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Api.Data.Questions;

/// <summary>
/// Where a page ends: the sort key of its last row, in the column's microseconds, and its number. Rows that arrive meanwhile move nothing.
/// </summary>
/// <param name="At">Null in lists that are ordered by number alone.</param>
readonly record struct Cursor(DateTimeOffset? At, long Id)
{
    const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    // What chooses neither rows nor their order.
    static readonly string[] Free = ["cursor", "limit", "count", "fields", "include", "sep", "decimal", "bom", "guard"];

    /// <summary>For clients: opaque, and of use only for the same list with the same filters and order.</summary>
    public string Write(HttpRequest request)
    {
        var content = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{At?.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture)}|{Id}"));
        return $"{Base64Url.EncodeToString(content)}.{Base64Url.EncodeToString(Binding(content, request))}";
    }

    /// <exception cref="ProblemException">It was not given out for this list, or not by this program.</exception>
    public static Cursor Read(string text, HttpRequest request)
    {
        try
        {
            var dot = text.IndexOf('.', StringComparison.Ordinal);
            var content = Base64Url.DecodeFromChars(text.AsSpan(0, Math.Max(dot, 0)));
            var binding = Base64Url.DecodeFromChars(text.AsSpan(dot + 1));
            var parts = Encoding.UTF8.GetString(content).Split('|');
            if (parts.Length == 2 && CryptographicOperations.FixedTimeEquals(binding, Binding(content, request))
                && long.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id))
            {
                if (parts[0].Length == 0)
                    return new Cursor(null, id);
                if (DateTime.TryParseExact(parts[0], Format, CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
                    return new Cursor(at, id);
            }
        }
        catch (FormatException)
        {
            // Not base64url: somebody made it up.
        }

        throw ProblemException.InvalidCursor();
    }

    static byte[] Binding(byte[] content, HttpRequest request)
    {
        var filters = request.Query.Where(pair => !Free.Contains(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{pair.Key}={string.Join(',', pair.Value.ToArray())}");
        var text = $"{request.Path}?{string.Join('&', filters)}|";
        return SHA256.HashData([.. Encoding.UTF8.GetBytes(text), .. content])[..9];
    }
}
