using System.Text;

namespace TeslaMate.Tests.Tesla;

/// <summary>What a broken or hostile server could send instead of the right bytes; the same seed gives the same ones.</summary>
static class Mutation
{
    static readonly string[] Values =
    [
        "null", "true", "-1", "0", "1e400", "-1e400", "3.0", "3.5", "99999999999999999999", "\"\"", "\"x\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}",
        "[[[[]]]]",
        "{\"a\":{}}", "NaN", "\"known-secret-access\"",
    ];

    public static byte[] Of(byte[] original, Random random)
    {
        var bytes = original;
        for (var i = random.Next(1, 4); i > 0; i--)
            bytes = Once(bytes, random);
        return bytes;
    }

    static byte[] Once(byte[] bytes, Random random) => random.Next(8) switch
    {
        // Other values: what follows a colon, up to the next comma or bracket.
        0 or 1 or 2 => WithOtherValue(bytes, random),
        // Other bytes.
        3 => [.. bytes.Select(value => random.Next(50) == 0 ? (byte)random.Next(256) : value)],
        // Too short.
        4 => bytes[..random.Next(bytes.Length + 1)],
        // Something twice.
        5 => [.. bytes[..random.Next(bytes.Length + 1)], .. bytes[random.Next(bytes.Length + 1)..]],
        // Deep.
        6 => [.. Encoding.UTF8.GetBytes(new string('[', random.Next(200))), .. bytes],
        // Long.
        _ => WithValue(bytes, random, $"\"{new string('x', random.Next(20_000))}\""),
    };

    static byte[] WithOtherValue(byte[] bytes, Random random) => WithValue(bytes, random, Values[random.Next(Values.Length)]);

    static byte[] WithValue(byte[] bytes, Random random, string value)
    {
        var text = Encoding.Latin1.GetString(bytes);
        var colons = Enumerable.Range(0, text.Length).Where(index => text[index] == ':').ToList();
        if (colons.Count == 0)
            return bytes;
        var start = colons[random.Next(colons.Count)] + 1;
        var end = text.IndexOfAny([',', '}', ']'], start);
        return Encoding.Latin1.GetBytes(text[..start] + value + (end < 0 ? "" : text[end..]));
    }
}
