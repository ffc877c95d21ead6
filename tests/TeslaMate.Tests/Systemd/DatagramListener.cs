using System.Net.Sockets;
using System.Text;

namespace TeslaMate.Tests.Systemd;

/// <summary>Stands where systemd or journald listens.</summary>
sealed class DatagramListener : IDisposable
{
    readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("host-dgram-");

    public DatagramListener(bool @abstract = false)
    {
        Name = @abstract ? $"@teslamate-test-{Guid.NewGuid():N}" : Path.Combine(_folder.FullName, "socket");
        _socket.Bind(new UnixDomainSocketEndPoint(@abstract ? "\0" + Name[1..] : Name));
    }

    /// <summary>As it would be written in <c>NOTIFY_SOCKET</c>.</summary>
    public string Name { get; }

    public Socket Socket => _socket;

    public byte[] ReceiveBytes()
    {
        var buffer = new byte[1 << 20];
        return buffer[.._socket.Receive(buffer)];
    }

    public string Receive() => Encoding.UTF8.GetString(ReceiveBytes());

    /// <summary>Everything that has arrived until now.</summary>
    public List<string> Drain()
    {
        var received = new List<string>();
        while (_socket.Available > 0)
            received.Add(Receive());
        return received;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _folder.Delete(recursive: true);
    }
}
