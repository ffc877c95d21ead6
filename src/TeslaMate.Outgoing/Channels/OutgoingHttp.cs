using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;
using System.Text;

namespace TeslaMate.Outgoing.Channels;

/// <summary>
/// Requests to what owners enter as addresses: no redirects, no cookies, no traces, a limit on time and on what is read, and never to an address that
/// <see cref="AddressGuard"/> forbids. Proxies of the environment (<c>HTTPS_PROXY</c>, <c>NO_PROXY</c>) are honoured.
/// </summary>
public sealed class OutgoingHttp : IDisposable
{
    /// <summary>Answers are a few words; what is more is not read.</summary>
    const int MostBytes = 16 * 1024;

    static readonly string Version =
        typeof(OutgoingHttp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    readonly AddressGuard _guard;
    readonly TimeProvider _time;
    readonly IWebProxy _proxy;
    readonly HttpClient _client;

    public OutgoingHttp(AddressGuard guard, TimeProvider time)
        : this(guard, time, HttpClient.DefaultProxy)
    {
    }

    internal OutgoingHttp(AddressGuard guard, TimeProvider time, IWebProxy proxy)
    {
        (_guard, _time, _proxy) = (guard, time, proxy);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            Proxy = proxy,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxConnectionsPerServer = 4,
            MaxResponseHeadersLength = 32,
            // A name may lead elsewhere later, and is looked at anew then.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            ConnectCallback = ConnectAsync,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", $"TeslaMate/{Version}");
    }

    /// <summary>One request and as much of its answer as says how it went. Only the caller's cancellation throws.</summary>
    /// <param name="limit">From beginning to end.</param>
    public async Task<HttpOutcome> SendAsync(HttpRequestMessage request, TimeSpan limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var end = new CancellationTokenSource(limit, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            if (IsProxied(request.RequestUri!))
                await CheckAsync(request.RequestUri!, stop.Token);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            var after = response.Headers.RetryAfter switch
            {
                { Delta: { } delta } => delta,
                { Date: { } date } => date - _time.GetUtcNow(),
                _ => (TimeSpan?)null,
            };
            return new HttpOutcome.Answered((int)response.StatusCode, after, await ReadAsync(response, stop.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HttpOutcome.Failed($"no answer within {limit.TotalSeconds:0} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or ForbiddenAddressException)
        {
            return new HttpOutcome.Failed(Describe(exception));
        }
    }

    public void Dispose() => _client.Dispose();

    bool IsProxied(Uri address) => !_proxy.IsBypassed(address) && _proxy.GetProxy(address) is { } proxy && proxy != address;

    /// <summary>
    /// What can be known before a proxy does the rest: it resolves the name itself, and where this machine cannot resolve it, it is the proxy's to
    /// decide.
    /// </summary>
    async Task CheckAsync(Uri address, CancellationToken cancellationToken)
    {
        if (!_guard.MayName(address.IdnHost))
            throw new ForbiddenAddressException();
        try
        {
            await _guard.ResolveAsync(address.IdnHost, cancellationToken);
        }
        catch (SocketException)
        {
        }
    }

    async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        // The proxy is the operator's choice, not the owner's of the target.
        var isProxy = IsProxied(context.InitialRequestMessage.RequestUri!)
            && _proxy.GetProxy(context.InitialRequestMessage.RequestUri!) is { } proxy && proxy.IdnHost == host.Trim('[', ']') && proxy.Port == port;
        var socket = isProxy
            ? await AddressGuard.ConnectAsync(await Dns.GetHostAddressesAsync(host, cancellationToken), port, cancellationToken)
            : await _guard.ConnectAsync(host, port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = new byte[MostBytes];
        return Encoding.UTF8.GetString(bytes, 0, await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken));
    }

    /// <summary>The innermost cause that has a name. Messages of exceptions are not shown: some repeat the address.</summary>
    static string Describe(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case ForbiddenAddressException:
                    return inner.Message;
                case AuthenticationException:
                    return "no secure connection: the certificate or the protocol is not accepted";
                case SocketException { SocketErrorCode: var code }:
                    return code switch
                    {
                        SocketError.ConnectionRefused => "the connection was refused",
                        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "the connection was closed",
                        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the name of the host is not found",
                        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "there is no route to the host",
                        SocketError.TimedOut => "nobody answers there",
                        _ => $"the connection failed ({code})",
                    };
                case HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }:
                case HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded }:
                    return "the connection was closed";
            }
        }

        return exception is HttpRequestException { HttpRequestError: not HttpRequestError.Unknown and var kind }
            ? $"the exchange failed ({kind})" : "the connection was closed";
    }
}

/// <summary>How a request went.</summary>
public abstract record HttpOutcome
{
    HttpOutcome() { }

    /// <param name="RetryAfter">As the header says; null when it does not.</param>
    /// <param name="Body">Its begin; may repeat what was sent, secrets too.</param>
    public sealed record Answered(int Status, TimeSpan? RetryAfter, string Body) : HttpOutcome;

    /// <param name="Reason">In words, without the address.</param>
    public sealed record Failed(string Reason) : HttpOutcome;

    /// <summary>What it means for a delivery (spec api 4.2): 2xx has arrived, 410 wants nothing more, everything else is tried again.</summary>
    public DeliveryResult ToResult() => this switch
    {
        Answered { Status: >= 200 and < 300 } => new DeliveryResult.Delivered(),
        Answered { Status: 410 } => new DeliveryResult.Gone("the receiver wants nothing more (HTTP 410)"),
        Answered { Status: >= 300 and < 400 and var status } => new DeliveryResult.TryAgain(null, $"HTTP {status}: redirects are not followed"),
        Answered { Status: 429 or 503 } limited => new DeliveryResult.TryAgain(limited.RetryAfter, $"HTTP {limited.Status}"),
        Answered { Status: var status } => new DeliveryResult.TryAgain(null, $"HTTP {status}"),
        Failed(var reason) => new DeliveryResult.TryAgain(null, reason),
        _ => throw new InvalidOperationException("the type is closed"),
    };
}
