using System.Collections;
using System.Globalization;
using System.Text;

namespace TeslaMate.Configuration;

/// <summary>
/// The environment, read once and typed: a value that cannot be used becomes a sentence in <see cref="Problems"/> instead of an exception, so that
/// all mistakes are reported together. A variable that is set but empty counts as not set.
/// </summary>
/// <param name="values">Names and values, as the process received them.</param>
/// <param name="readFile">Reads a whole file as UTF-8 text; a parameter so that tests need no files.</param>
public sealed class Variables(IReadOnlyDictionary<string, string> values, Func<string, string>? readFile = null)
{
    const int LongestSecret = 64 * 1024;
    const int LongestProblem = 1000;

    static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly List<string> _problems = [];
    readonly List<Secret> _secrets = [];
    readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    readonly Func<string, string> _readFile = readFile ?? ReadSecret;

    /// <summary>One sentence a problem: the variable, what is wrong with it, and an example.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Every secret that was read so far, so that logs can be kept free of them.</summary>
    public IReadOnlyList<Secret> Secrets => _secrets;

    /// <summary>The names of all variables that were asked for so far, set or not.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    public static Variables FromEnvironment()
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            values.Add((string)entry.Key, (string?)entry.Value ?? "");
        return new(values);
    }

    /// <summary>Whether the variable is present at all, be it empty.</summary>
    public bool IsPresent(string name)
    {
        _asked.Add(name);
        return values.ContainsKey(name);
    }

    /// <summary>
    /// The value, or null when the variable is missing or empty. A password in an address is remembered among the <see cref="Secrets"/>.
    /// </summary>
    public string? Text(string name)
    {
        _asked.Add(name);
        if (!values.TryGetValue(name, out var value) || value.Length == 0)
            return null;
        if (PasswordOfAddress(value) is { Length: > 0 } password)
        {
            Known(new Secret(password));
            Known(new Secret(Uri.UnescapeDataString(password)));
        }

        return value;
    }

    /// <summary>The value, or <paramref name="fallback"/> when the variable is missing or empty.</summary>
    public string Text(string name, string fallback) => Text(name) ?? fallback;

    /// <summary>The value of a variable that must be there; its absence is a problem.</summary>
    public string Required(string name, string example)
    {
        if (Text(name) is { } value && !string.IsNullOrWhiteSpace(value))
            return value;
        Problem($"{name} is {(Text(name) is null ? "not set" : "blank")}. Example: {name}={example}");
        return example;
    }

    /// <summary>
    /// A secret, from the first of: the systemd credential <c>NAME</c> or, as credentials are usually written, <c>name</c> with hyphens
    /// (<c>DATABASE_PASS</c> or <c>database-pass</c>), the file named by <c>NAME_FILE</c>, the variable itself. One trailing line break of a file is
    /// not part of the secret. Null when there is none.
    /// </summary>
    public Secret? Secret(string name)
    {
        if (Text("CREDENTIALS_DIRECTORY") is { } directory)
        {
            foreach (var id in (string[])[name, name.ToLowerInvariant().Replace('_', '-')])
            {
                var path = Path.Combine(directory, id);
                if (File.Exists(path))
                    return FromFile(path, $"The credential {id} is the file {path}");
            }
        }

        if (Text(name + "_FILE") is { } file)
        {
            // What is no path may be the secret itself, put in the wrong variable.
            return FromFile(file, $"{name}_FILE names {(file.StartsWith('/') ? file : "a file without an absolute path")}");
        }

        return Text(name) is { } text ? Known(new Secret(text)) : null;
    }

    public bool Flag(string name, bool fallback)
    {
        switch (Text(name)?.ToLowerInvariant())
        {
            case null: return fallback;
            case "true": return true;
            case "false": return false;
            default:
                Problem($"{name} is \"{Text(name)}\", which is neither true nor false. Example: {name}={(fallback ? "false" : "true")}");
                return fallback;
        }
    }

    public int Whole(string name, int fallback, int least, int most)
    {
        if (Text(name) is not { } text)
            return fallback;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        Problem($"{name} is \"{text}\", which is not a whole number from {least} to {most}. Example: {name}={fallback}");
        return fallback;
    }

    public int Port(string name, int fallback)
    {
        if (Text(name) is not { } text)
            return fallback;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535)
            return port;
        Problem($"{name} is \"{text}\", which is not a port. Example: {name}={fallback}");
        return fallback;
    }

    /// <summary>An absolute address with one of the given schemes and a host, without its trailing slash; null when not set.</summary>
    public Uri? Address(string name, string example, params ReadOnlySpan<string> schemes)
    {
        if (Text(name) is not { } text)
            return null;
        if (Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var address) && schemes.Contains(address.Scheme) && address.Host.Length > 0)
            return address;
        Problem($"{name} is not an address that starts with {string.Join(" or ", schemes.ToArray().Select(scheme => scheme + "://"))}. "
            + $"Example: {name}={example}");
        return null;
    }

    /// <summary>Adds a problem that only the caller can see, such as two settings that exclude each other.</summary>
    public void Problem(string sentence) => _problems.Add(OnOneLine(sentence));

    // Values are repeated in sentences, and these are read on terminals and in the journal.
    static string OnOneLine(string sentence)
    {
        var visible = VisibleText.Escape(sentence);
        return visible.Length <= LongestProblem ? visible : $"{visible[..(LongestProblem / 2)]} ... {visible[^(LongestProblem / 2)..]}";
    }

    /// <exception cref="InvalidDataException">It is too large for a secret.</exception>
    /// <exception cref="DecoderFallbackException">It is no text.</exception>
    static string ReadSecret(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[LongestSecret + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > LongestSecret)
            throw new InvalidDataException();
        var start = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        return StrictUtf8.GetString(bytes, start, length - start);
    }

    Secret? FromFile(string path, string origin)
    {
        try
        {
            var text = _readFile(path);
            if (text.EndsWith('\n'))
                text = text[..^1].TrimEnd('\r');
            return text.Length > 0 ? Known(new Secret(text)) : null;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or InvalidDataException or DecoderFallbackException)
        {
            var fault = exception switch
            {
                UnauthorizedAccessException => "may not be read",
                FileNotFoundException or DirectoryNotFoundException => "does not exist",
                InvalidDataException => "is larger than any secret",
                DecoderFallbackException => "is no text in UTF-8",
                _ => "cannot be read",
            };
            Problem($"{origin}, which {fault}. Example: a file such as /run/secrets/teslamate, readable by this program");
            return null;
        }
    }

    /// <summary>The password in an address such as <c>http://user:password@host/</c>, as it is written there.</summary>
    static string? PasswordOfAddress(string text)
    {
        var start = text.IndexOf("://", StringComparison.Ordinal);
        if (start < 0)
            return null;
        var authority = text[(start + 3)..].Split('/', '?', '#')[0];
        return authority.LastIndexOf('@') is >= 0 and var end && authority.IndexOf(':', 0, end) is >= 0 and var colon
            ? authority[(colon + 1)..end] : null;
    }

    Secret Known(Secret secret)
    {
        if (!_secrets.Contains(secret))
            _secrets.Add(secret);
        return secret;
    }
}
