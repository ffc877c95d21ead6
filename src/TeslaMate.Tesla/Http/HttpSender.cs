using System.Buffers;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace TeslaMate.Tesla.Http;

/// <summary>
/// One request and its whole answer, within limits: time to each next byte, total time, size after decompression, nesting. A broken exchange is an
/// <see cref="ApiError"/>; only the caller's own cancellation throws.
/// </summary>
sealed partial class HttpSender(ILogger<HttpSender> logger, TimeProvider time)
{
    const int LongestText = 4_800;
    const int DeepestNesting = 64;

    public async Task<ApiAnswer<RawResponse>> SendAsync(
        HttpClient client, HttpRequestMessage request, SendLimits limits, SendLogLevels levels, CancellationToken cancellationToken)
    {
        var url = Redaction.Url(request.RequestUri!);
        var started = time.GetTimestamp();
        var answer = await TryAsync(client, request, limits, cancellationToken);
        var elapsed = time.GetElapsedTime(started).TotalMilliseconds;
        if (answer is ApiAnswer<RawResponse>.Ok({ Status: var status }))
        {
            var level = levels(status);
            Log.Answered(logger, level, request.Method, url, status, elapsed);
        }
        else if (answer is ApiAnswer<RawResponse>.Failed(var error))
            Log.Broken(logger, LogLevel.Error, request.Method, url, error, elapsed);
        return answer;
    }

    async Task<ApiAnswer<RawResponse>> TryAsync(HttpClient client, HttpRequestMessage request, SendLimits limits, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(limits.Receive, time);
        using var total = new CancellationTokenSource(limits.Total, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token, total.Token);
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            var body = new ArrayBufferWriter<byte>(8192);
            await using (var stream = await response.Content.ReadAsStreamAsync(stop.Token))
            {
                while (true)
                {
                    silence.CancelAfter(limits.Receive);
                    var count = await stream.ReadAsync(body.GetMemory(8192), stop.Token);
                    if (count == 0)
                        break;
                    body.Advance(count);
                    if (body.WrittenCount > limits.Bytes)
                        return new ApiError.Failed($"the answer (HTTP {(int)response.StatusCode}) is larger than {limits.Bytes / 1024} KiB");
                }
            }

            return new ApiAnswer<RawResponse>.Ok(Read(response, body.WrittenMemory));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Ours, or the handler's for connecting.
            return new ApiError.Timeout();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidDataException)
        {
            return Describe(exception);
        }
    }

    static RawResponse Read(HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        var (json, unreadable) = (default(JsonDocument), false);
        if (body.Length > 0 && IsJson(Header(response.Content.Headers, "Content-Type")))
        {
            try
            {
                var content = body.Span.StartsWith(Encoding.UTF8.Preamble) ? body[Encoding.UTF8.Preamble.Length..] : body;
                json = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = DeepestNesting });
            }
            catch (JsonException)
            {
                unreadable = true;
            }
        }

        var text = json is null ? Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, LongestText)]) : "";
        return new RawResponse((int)response.StatusCode, json, text)
        {
            IsUnreadable = unreadable,
            RetryAfter = Header(response.Headers, "Retry-After"),
            Location = Header(response.Headers, "Location"),
            Version = response.Version,
        };
    }

    static bool IsJson(string? contentType)
        => contentType is not null && (contentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
            || contentType.StartsWith("text/javascript", StringComparison.OrdinalIgnoreCase));

    // As sent: the typed properties are null for what they cannot parse.
    static string? Header(HttpHeaders headers, string name)
        => headers.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <summary>The innermost cause that has a name; the outer exceptions only say that something went wrong.</summary>
    static ApiError Describe(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            ApiError? cause = inner switch
            {
                SocketException socket => Describe(socket.SocketErrorCode),
                TimeoutException => new ApiError.Timeout(),
                AuthenticationException => new ApiError.Unreachable($"no secure connection: {Redaction.Detail(inner.Message)}"),
                InvalidDataException => new ApiError.Failed("the answer cannot be decompressed"),
                HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => new ApiError.Closed(),
                HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => new ApiError.Closed(),
                _ => null,
            };
            if (cause is not null)
                return cause;
        }

        return exception switch
        {
            HttpRequestException { HttpRequestError: not HttpRequestError.Unknown and var kind }
                => new ApiError.Failed($"the exchange failed ({kind})"),
            HttpIOException { HttpRequestError: not HttpRequestError.Unknown and var kind } => new ApiError.Failed($"the exchange failed ({kind})"),
            _ => new ApiError.Closed(),
        };
    }

    static ApiError Describe(SocketError error) => error switch
    {
        SocketError.TimedOut => new ApiError.Timeout(),
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => new ApiError.Closed(),
        SocketError.ConnectionRefused => new ApiError.Unreachable("the connection was refused"),
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => new ApiError.Unreachable("the name of the host is not found"),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => new ApiError.Unreachable("there is no route to the host"),
        _ => new ApiError.Unreachable(error.ToString()),
    };

    static partial class Log
    {
        [LoggerMessage(Message = "{Method} {Url} -> {Status} ({DurationMs:0.000} ms)")]
        public static partial void Answered(ILogger logger, LogLevel level, HttpMethod method, string url, int status, double durationMs);

        [LoggerMessage(Message = "{Method} {Url} -> error: {Reason} ({DurationMs:0.000} ms)")]
        public static partial void Broken(ILogger logger, LogLevel level, HttpMethod method, string url, ApiError reason, double durationMs);
    }
}

/// <param name="Receive">From one byte of the answer to the next, connecting included in the first.</param>
/// <param name="Total">From beginning to end.</param>
/// <param name="Bytes">Of the body, after decompression.</param>
sealed record SendLimits(TimeSpan Receive, TimeSpan Total, int Bytes);

/// <summary>How loud a status is.</summary>
delegate LogLevel SendLogLevels(int status);
