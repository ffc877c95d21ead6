using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace TeslaMate.Tests.Outgoing;

/// <summary>A mail server of one conversation after the other (RFC 5321, 3207, 4954), with the faults that a test asks for.</summary>
sealed class ScriptedSmtp : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly X509Certificate2 _certificate = NewCertificate();
    readonly Task _serving;

    public ScriptedSmtp()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>TLS from the first byte.</summary>
    public bool IsImplicit { get; set; }

    public bool OffersStartTls { get; set; } = true;

    /// <summary>Instead of taking a message, such as <c>451 later</c>.</summary>
    public string? Refusal { get; set; }

    public bool AcceptsLogIn { get; set; } = true;

    /// <summary>Says nothing at all.</summary>
    public bool IsSilent { get; set; }

    public ConcurrentQueue<string> Messages { get; } = new();

    /// <summary>Every command, with a mark for what was said before the connection was encrypted.</summary>
    public ConcurrentQueue<string> Commands { get; } = new();

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _certificate.Dispose();
    }

    async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            try
            {
                await ConverseAsync(client);
            }
            catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException or SocketException)
            {
                // The client has left.
            }
        }
    }

    async Task ConverseAsync(TcpClient client)
    {
        Stream stream = client.GetStream();
        if (IsSilent)
        {
            await stream.ReadExactlyAsync(new byte[1], _stop.Token);
            return;
        }

        var isSecure = IsImplicit;
        if (IsImplicit)
            stream = await SecureAsync(stream);
        await SayAsync("220 test.example ESMTP");
        while (await LineAsync() is { } line)
        {
            Commands.Enqueue($"{(isSecure ? "" : "plain: ")}{line}");
            switch (line.Split(' ')[0].ToUpperInvariant())
            {
                case "EHLO":
                    var offer = isSecure ? "250-AUTH PLAIN LOGIN\r\n" : OffersStartTls ? "250-STARTTLS\r\n" : "";
                    await SayAsync($"250-test.example\r\n{offer}250 8BITMIME");
                    break;
                case "STARTTLS":
                    await SayAsync("220 go ahead");
                    (stream, isSecure) = (await SecureAsync(stream), true);
                    break;
                case "AUTH":
                    await SayAsync(AcceptsLogIn ? "235 welcome" : "535 wrong password");
                    break;
                case "RCPT" when Refusal is { } refusal:
                    await SayAsync(refusal);
                    break;
                case "DATA":
                    await SayAsync("354 go on");
                    var text = new StringBuilder();
                    while (await LineAsync() is { } part && part != ".")
                        text.Append(part).Append('\n');
                    Messages.Enqueue(text.ToString());
                    await SayAsync("250 taken");
                    break;
                case "QUIT":
                    await SayAsync("221 bye");
                    return;
                default:
                    await SayAsync("250 ok");
                    break;
            }
        }

        async Task<Stream> SecureAsync(Stream inner)
        {
            var secure = new SslStream(inner);
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
            return secure;
        }

        Task SayAsync(string line) => stream.WriteAsync(Encoding.ASCII.GetBytes($"{line}\r\n"), _stop.Token).AsTask();

        async Task<string?> LineAsync()
        {
            var line = new List<byte>();
            var one = new byte[1];
            while (await stream.ReadAsync(one, _stop.Token) == 1)
            {
                if (one[0] == '\n')
                    return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
                line.Add(one[0]);
            }

            return null;
        }
    }

    static X509Certificate2 NewCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
