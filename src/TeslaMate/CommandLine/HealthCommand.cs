using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TeslaMate.Configuration;
using TeslaMate.Hosting;

namespace TeslaMate.CommandLine;

/// <summary>
/// <c>teslamate health</c>: whether the program that runs with these settings is well; for a container's health check, which may have no <c>curl</c>.
/// </summary>
static class HealthCommand
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    public static Command Create()
    {
        var command = new Command("health", "Ask the running program whether it and its database are well; fails if not. For health checks of "
            + "containers.");
        command.SetAction((parsed, cancellationToken)
            => RunAsync(Variables.FromEnvironment(), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    internal static async Task<int> RunAsync(Variables variables, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var listener = ListenerSettings.Read(variables);
        if (await variables.PrintProblemsAsync(error))
            return ExitCode.Configuration;

        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = (_, token) => ConnectAsync(listener,
            token)
        })
        { Timeout = Limit };
        try
        {
            using var response = await client.GetAsync(new Uri("http://localhost/health_check?verbose"), cancellationToken);
            await output.WriteLineAsync((await response.Content.ReadAsStringAsync(cancellationToken)).TrimEnd());
            return response.StatusCode == HttpStatusCode.OK ? ExitCode.Ok : ExitCode.Failure;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is TaskCanceledException
            && !cancellationToken.IsCancellationRequested))
        {
            await error.WriteLineAsync($"No answer from {PlaceOf(listener)}: {Reason(exception, listener)}");
            return ExitCode.Failure;
        }
    }

    static string PlaceOf(ListenerSettings listener) => listener is ListenerSettings.UnixSocket(var path, _) ? path : $"{EndPointOf(listener)}";

    // The client names the host of the request, which is not what was called.
    static string Reason(Exception exception, ListenerSettings listener) => exception switch
    {
        { InnerException: SocketException { SocketErrorCode: SocketError.AddressNotAvailable } } when listener is ListenerSettings.UnixSocket
            => "There is no such socket.",
        { InnerException: SocketException refused } => refused.Message,
        TaskCanceledException => string.Create(CultureInfo.InvariantCulture, $"Nothing came within {Limit.TotalSeconds} seconds."),
        _ => exception.Message,
    };

    static EndPoint EndPointOf(ListenerSettings listener) => listener switch
    {
        ListenerSettings.UnixSocket(var path, _) => new UnixDomainSocketEndPoint(path),
        ListenerSettings.Address(var endPoint) when endPoint.Address.Equals(IPAddress.Any) => new IPEndPoint(IPAddress.Loopback, endPoint.Port),
        ListenerSettings.Address(var endPoint) when endPoint.Address.Equals(IPAddress.IPv6Any) => new IPEndPoint(IPAddress.IPv6Loopback,
            endPoint.Port),
        ListenerSettings.Address(var endPoint) => endPoint,
        ListenerSettings.Unspecified(var port) => new IPEndPoint(IPAddress.Loopback, port),
        ListenerSettings.Everywhere(var port) => new IPEndPoint(IPAddress.Loopback, port),
        ListenerSettings.Loopback(var port) => new IPEndPoint(IPAddress.Loopback, port),
        _ => throw new System.Diagnostics.UnreachableException($"no way to {listener}"),
    };

    static async ValueTask<Stream> ConnectAsync(ListenerSettings listener, CancellationToken cancellationToken)
    {
        var to = EndPointOf(listener);
        var socket = new Socket(to.AddressFamily, SocketType.Stream, to is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(to, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
