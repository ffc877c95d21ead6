using System.Globalization;
using System.Net;
using System.Text;
using TeslaMate.Configuration;

namespace TeslaMate.Hosting;

/// <summary>Where HTTP is served (spec web 1.1 and 1.2). Closed.</summary>
abstract record ListenerSettings
{
    const int LongestSocketPath = 107;

    ListenerSettings() { }

    /// <summary>Nothing was said: <see cref="Everywhere"/> if strangers are kept out, otherwise <see cref="Loopback"/>.</summary>
    public sealed record Unspecified(int Port) : ListenerSettings;

    /// <summary>This machine only, both families.</summary>
    public sealed record Loopback(int Port) : ListenerSettings
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"port {Port} of this machine only");
    }

    /// <summary>All addresses of both families.</summary>
    public sealed record Everywhere(int Port) : ListenerSettings
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"port {Port} of all addresses");
    }

    public sealed record Address(IPEndPoint EndPoint) : ListenerSettings
    {
        public override string ToString() => EndPoint.ToString();
    }

    /// <param name="Mode">Set after listening, so that a proxy under another user may connect.</param>
    public sealed record UnixSocket(string Path, UnixFileMode Mode) : ListenerSettings
    {
        public override string ToString() => Path;
    }

    /// <summary>
    /// Reads <c>HTTP_BINDING_ADDRESS</c>, <c>PORT</c> and <c>SOCKET_PERM</c>. The reference listens on all addresses when it does not understand the
    /// address; here that is a mistake like any other, because it would open the pages to the whole network.
    /// </summary>
    public static ListenerSettings Read(Variables variables)
    {
        var port = variables.Port("PORT", fallback: 4000);
        var mode = ReadMode(variables);
        switch (variables.Text("HTTP_BINDING_ADDRESS"))
        {
            case null:
                return new Unspecified(port);
            case ['/', ..] path when Encoding.UTF8.GetByteCount(path) > LongestSocketPath:
                variables.Problem($"HTTP_BINDING_ADDRESS is \"{path}\", which is longer than the {LongestSocketPath} bytes that a socket's path may "
                    + "have. Example: HTTP_BINDING_ADDRESS=/run/teslamate/teslamate.sock");
                return new Unspecified(port);
            case ['/', ..] path:
                return new UnixSocket(path, mode);
            case var text when IPAddress.TryParse(text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text, out var address)
                // "1" and "127.1" are addresses to the parser, but typing errors to people.
                && (address.ToString() == text || text.Contains(':')):
                return new Address(new IPEndPoint(address, port));
            case var text:
                variables.Problem($"HTTP_BINDING_ADDRESS is \"{text}\", which is neither an IPv4 or IPv6 address nor an absolute path. "
                    + "Example: HTTP_BINDING_ADDRESS=127.0.0.1");
                return new Unspecified(port);
        }
    }

    /// <summary>What to listen on, now that it is known whether the pages keep strangers out.</summary>
    public ListenerSettings Decide(bool keepsStrangersOut)
        => this is Unspecified(var port) ? keepsStrangersOut ? new Everywhere(port) : new Loopback(port) : this;

    static UnixFileMode ReadMode(Variables variables)
    {
        const int Default = 0b111_101_101;
        if (variables.Text("SOCKET_PERM") is not { } text)
            return (UnixFileMode)Default;
        if (text.Length is >= 1 and <= 4 && text.All(digit => digit is >= '0' and <= '7')
            && Convert.ToInt32(text, 8) is <= 0b111_111_111 and var mode)
            return (UnixFileMode)mode;
        variables.Problem($"SOCKET_PERM is \"{text}\", which is not a file mode of octal digits. Example: SOCKET_PERM=666");
        return (UnixFileMode)Default;
    }
}
