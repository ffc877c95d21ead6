using System.ComponentModel;
using System.Net.Sockets;
using System.Text;

namespace TeslaMate.Systemd.Journal;

/// <summary>Sends entries to journald. Thread-safe: a datagram is one system call.</summary>
sealed class JournalSocket : IDisposable
{
    public const string DefaultPath = "/run/systemd/journal/socket";

    const int SendBufferBytes = 8 << 20;
    // journald may be slow, but must never stop the program.
    const int LongestBlockMs = 1000;

    readonly Socket _socket;
    readonly UnixDomainSocketEndPoint _journald;
    readonly byte[] _address;

    public JournalSocket(string path)
    {
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified)
        {
            SendBufferSize = SendBufferBytes,
            SendTimeout = LongestBlockMs
        };
        _journald = new UnixDomainSocketEndPoint(path);
        // struct sockaddr_un: the family, 16 bits of the machine's order, and the path with its terminating zero.
        _address = [.. BitConverter.GetBytes((ushort)1), .. Encoding.UTF8.GetBytes(path), 0];
    }

    /// <summary>Sends one framed entry; false when journald did not take it.</summary>
    public bool TrySend(byte[] entry)
    {
        try
        {
            try
            {
                _socket.SendTo(entry, _journald);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.MessageSize or SocketError.NoBufferSpaceAvailable)
            {
                SealedMemory.Send(_socket, _address, entry);
            }

            return true;
        }
        catch (Exception exception) when (exception is SocketException or Win32Exception or IOException or DllNotFoundException
            or EntryPointNotFoundException)
        {
            return false;
        }
    }

    public void Dispose() => _socket.Dispose();
}
