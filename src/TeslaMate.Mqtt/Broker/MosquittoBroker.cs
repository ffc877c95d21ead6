using System.Runtime.InteropServices;

namespace TeslaMate.Mqtt.Broker;

/// <summary>Connections through libmosquitto.</summary>
sealed class MosquittoBroker(MqttSettings settings, Will will) : IBroker
{
    const string Consequence = "Cars are logged all the same; DISABLE_MQTT=true ends this message.";
    const string MissingLibrary = $"MQTT needs {Mosquitto.Library}, which is not installed. On Debian: apt-get install libmosquitto1. {Consequence}";

    // Two programs with one id would throw each other off the broker; 44 random bits rule that out. A broker need not take more than 23 characters.
    readonly string _clientId = $"TESLAMATE_{System.Security.Cryptography.RandomNumberGenerator.GetHexString(11)}";

    public async Task<ConnectAnswer> ConnectAsync(CancellationToken cancellationToken)
    {
        if (!NativeLibrary.TryLoad(Mosquitto.Library, typeof(Mosquitto).Assembly, searchPath: null, out _))
            return new ConnectAnswer.Impossible(MissingLibrary);
        try
        {
            Marshal.PrelinkAll(typeof(Mosquitto));
        }
        catch (EntryPointNotFoundException exception)
        {
            return new ConnectAnswer.Impossible($"MQTT cannot be used with this {Mosquitto.Library}: {exception.Message} {Consequence}");
        }

        if (Mosquitto.Initialise() is var result and not Mosquitto.Success)
            return new ConnectAnswer.Impossible($"{Mosquitto.Library} does not start: {Mosquitto.Describe(result)}");
        var connection = new MosquittoConnection(settings, will, _clientId);
        string? refusal;
        try
        {
            refusal = await connection.OpenAsync(cancellationToken);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        if (refusal is null)
            return new ConnectAnswer.Connected(connection);
        await connection.DisposeAsync();
        return new ConnectAnswer.Refused($"The MQTT broker {settings.Host}:{settings.Port} cannot be used: {refusal}");
    }
}

/// <summary>What the broker publishes when this program vanishes.</summary>
sealed record Will(string Topic, byte[] Payload);
