using System.Buffers.Binary;
using System.Net.Sockets;

namespace TeslaMate.Tests.Simulator.Clocks;

/// <summary>
/// Carries a <see cref="SteppedTime"/> to other processes through a unix socket. The question 'R' (rest) is answered with the due time of the next
/// timer and the number of requests that wait for an answer; 'M' and a time make the other clock move, which it confirms.
/// </summary>
sealed class ClockLine : IDisposable
{
    const byte RestQuestion = (byte)'R';
    const byte MoveOrder = (byte)'M';

    readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    readonly SteppedTime _time;
    readonly Func<int> _waitingOnPurpose;

    /// <param name="path">Where the socket is to be; other processes give it to <see cref="Follow"/>.</param>
    /// <param name="waitingOnPurpose">How many requests of the other process are kept waiting here until the clock moves.</param>
    public ClockLine(SteppedTime time, string path, Func<int> waitingOnPurpose)
    {
        _time = time;
        _waitingOnPurpose = waitingOnPurpose;
        Path = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
    }

    public string Path { get; }

    /// <summary>Waits for the next process; from then on the clock moves only when that one has nothing to do.</summary>
    public async Task JoinAsync(CancellationToken cancellationToken)
        => _time.Join(new Leader(await _listener.AcceptAsync(cancellationToken), _time, _waitingOnPurpose));

    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(Path);
    }

    /// <summary>A clock that shows what the one at the other end of <paramref name="path"/> shows; it stands still when that one has gone.</summary>
    /// <param name="isIdle">Whether this process has nothing to do, apart from waiting for answers to requests.</param>
    /// <param name="requests">How many requests of this process wait for an answer.</param>
    public static SteppedTime Follow(string path, Func<bool> isIdle, Func<int> requests)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        var message = new byte[9];
        Receive(socket, message);
        var time = new SteppedTime(new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(1)), TimeSpan.Zero), isIdle);
        new Thread(() =>
        {
            using (socket)
            {
                try
                {
                    Obey(socket, time, requests);
                }
                catch (SocketException)
                {
                    // The leader has gone.
                }
            }
        })
        { IsBackground = true, Name = "followed clock" }.Start();
        return time;
    }

    static void Obey(Socket socket, SteppedTime time, Func<int> requests)
    {
        var message = new byte[9];
        var answer = new byte[12];
        while (true)
        {
            Receive(socket, message);
            if (message[0] == MoveOrder)
            {
                time.MoveTo(BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(1)));
                continue;
            }

            time.WaitUntilIdle(CancellationToken.None);
            BinaryPrimitives.WriteInt64LittleEndian(answer, time.NextDue());
            BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(8), requests());
            socket.Send(answer);
        }
    }

    static void Receive(Socket socket, byte[] buffer)
    {
        for (var length = 0; length < buffer.Length;)
        {
            var read = socket.Receive(buffer.AsSpan(length));
            if (read == 0)
                throw new SocketException((int)SocketError.ConnectionReset);
            length += read;
        }
    }

    sealed class Leader : IOtherClock
    {
        readonly Socket _socket;
        readonly Func<int> _waitingOnPurpose;
        readonly byte[] _message = new byte[9];
        readonly byte[] _answer = new byte[12];

        public Leader(Socket socket, SteppedTime time, Func<int> waitingOnPurpose)
        {
            _socket = socket;
            _waitingOnPurpose = waitingOnPurpose;
            TryMoveTo(time.GetUtcNow().UtcTicks);
        }

        public bool TryRest(out long due)
        {
            due = long.MaxValue;
            var wait = new SpinWait();
            try
            {
                while (true)
                {
                    _message[0] = RestQuestion;
                    _socket.Send(_message);
                    Receive(_socket, _answer);
                    due = BinaryPrimitives.ReadInt64LittleEndian(_answer);
                    if (BinaryPrimitives.ReadInt32LittleEndian(_answer.AsSpan(8)) == _waitingOnPurpose())
                        return true;
                    wait.SpinOnce(sleep1Threshold: 20);
                }
            }
            catch (SocketException)
            {
                _socket.Dispose();
                return false;
            }
        }

        public bool TryMoveTo(long now)
        {
            try
            {
                _message[0] = MoveOrder;
                BinaryPrimitives.WriteInt64LittleEndian(_message.AsSpan(1), now);
                _socket.Send(_message);
                return true;
            }
            catch (SocketException)
            {
                _socket.Dispose();
                return false;
            }
        }
    }
}
