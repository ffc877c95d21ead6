using System.Net;
using System.Net.Sockets;

namespace TeslaMate.Outgoing.Channels;

/// <summary>
/// Keeps what owners enter as an address from reaching machines that only this one can reach: this machine itself, its network, a cloud's own
/// services. It is asked when an address is entered, and again for the addresses that its name has at the very moment of connecting, since names
/// change.
/// </summary>
/// <param name="allowed">Networks that are sent to nevertheless (<c>OUTGOING_ALLOWED_NETWORKS</c>).</param>
public sealed class AddressGuard(IReadOnlyList<IPNetwork> allowed)
{
    /// <summary>What is wrong with the field of a form.</summary>
    public const string Forbidden = "is inside a private network that OUTGOING_ALLOWED_NETWORKS does not name";

    // Everything that is not a machine on the Internet (IANA's registries of special addresses).
    static readonly IPNetwork[] SpecialV4 = [.. new[]
    {
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    }.Select(text => IPNetwork.Parse(text))];

    static readonly IPNetwork PublicV6 = IPNetwork.Parse("2000::/3");

    static readonly IPNetwork[] SpecialV6 = [.. new[] { "2001::/23", "2001:db8::/32", "3fff::/20" }.Select(text => IPNetwork.Parse(text))];

    static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>Whether this address may be connected to.</summary>
    public bool Allows(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        // ::ffff:127.0.0.1 is 127.0.0.1.
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        // Without a zone: fe80::1%eth0 is in fe80::/10.
        if (address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 })
            address = new IPAddress(address.GetAddressBytes());
        if (allowed.Any(network => network.Contains(address)))
            return true;
        if (address.AddressFamily is AddressFamily.InterNetwork)
            return !SpecialV4.Any(network => network.Contains(address));
        if (address.AddressFamily is not AddressFamily.InterNetworkV6)
            return false;
        // Both hold the address of the machine that is reached in the end.
        var bytes = address.GetAddressBytes();
        if (SixToFour.Contains(address))
            return Allows(new IPAddress(bytes.AsSpan(2, 4)));
        if (Nat64.Contains(address))
            return Allows(new IPAddress(bytes.AsSpan(12, 4)));
        return PublicV6.Contains(address) && !SpecialV6.Any(network => network.Contains(address));
    }

    /// <summary>Whether a host may be entered: a name whose addresses will be looked at later, or an address that is allowed.</summary>
    /// <param name="host">Without brackets or with them, as addresses of the web write IPv6.</param>
    public bool MayName(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
            return Allows(address);
        var name = host.TrimEnd('.');
        var isThisMachine = name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
        return !isThisMachine || Allows(IPAddress.Loopback);
    }

    /// <summary>The addresses of a host that may be connected to.</summary>
    /// <exception cref="ForbiddenAddressException">It has none of them.</exception>
    /// <exception cref="SocketException">The name is not found.</exception>
    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        var addresses = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal]
            : await Dns.GetHostAddressesAsync(host, cancellationToken);
        return addresses.Where(Allows).ToList() is { Count: > 0 } open ? open : throw new ForbiddenAddressException();
    }

    /// <summary>A connection to a host, at one of its addresses that are allowed.</summary>
    /// <exception cref="ForbiddenAddressException">It has no such address.</exception>
    /// <exception cref="SocketException">The name is not found, or nobody answers there.</exception>
    public async Task<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken)
        => await ConnectAsync([.. await ResolveAsync(host, cancellationToken)], port, cancellationToken);

    internal static async Task<Socket> ConnectAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var socket = new Socket(addresses[attempt].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(addresses[attempt], port), cancellationToken);
                return socket;
            }
            catch (SocketException) when (attempt + 1 < addresses.Length)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}

/// <summary>A host has only addresses that are not sent to.</summary>
public sealed class ForbiddenAddressException() : Exception($"the address {AddressGuard.Forbidden}");
