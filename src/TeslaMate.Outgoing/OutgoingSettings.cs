using System.Net;
using TeslaMate.Outgoing.Abrp;
using TeslaMate.Outgoing.Events;

namespace TeslaMate.Outgoing;

/// <summary>How events leave the program.</summary>
public sealed record OutgoingSettings
{
    /// <summary><c>OUTGOING_ALLOWED_NETWORKS</c>: networks that are not on the Internet and are sent to nevertheless; none by default.</summary>
    public IReadOnlyList<IPNetwork> AllowedNetworks { get; init; } = [];

    /// <summary>What the owner says about events.</summary>
    public EventSettings Events { get; init; } = new();

    /// <summary>How A Better Route Planner is reached.</summary>
    public AbrpSettings Abrp { get; init; } = new();

    public static OutgoingSettings Read(Variables variables)
    {
        List<IPNetwork> networks = [];
        foreach (var part in variables.Text("OUTGOING_ALLOWED_NETWORKS", "").Split(',',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPAddress.TryParse(part, out var address))
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else if (IPNetwork.TryParse(part, out var network))
                networks.Add(network);
            else
            {
                variables.Problem($"OUTGOING_ALLOWED_NETWORKS has \"{part}\", which is neither a network nor an address. "
                    + "Example: OUTGOING_ALLOWED_NETWORKS=192.168.1.0/24,10.0.0.5");
            }
        }

        return new OutgoingSettings { AllowedNetworks = networks, Events = EventSettings.Read(variables), Abrp = AbrpSettings.Read(variables) };
    }
}
