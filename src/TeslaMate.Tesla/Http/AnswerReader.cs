using System.Text.Json;
using TeslaMate.Configuration;

namespace TeslaMate.Tesla.Http;

/// <summary>From a status and a body to a value or an error: the table of spec tesla-api 5.2, in its order.</summary>
static class AnswerReader
{
    static readonly TimeSpan LimitExceeded = TimeSpan.FromSeconds(900);

    public static ApiAnswer<T> Read<T>(RawResponse reply, Func<JsonElement, T> read, DateTimeOffset now, params ReadOnlySpan<Secret?> secrets)
    {
        try
        {
            if (reply.IsUnreadable)
                return reply.Status == 401 ? new ApiError.Unauthorized() : new ApiError.Failed($"HTTP {reply.Status}: the answer is no JSON");
            if (reply.IsSuccess && reply.Json is { RootElement: { ValueKind: JsonValueKind.Object } root }
                && root.TryGetProperty("response", out var response))
                return new ApiAnswer<T>.Ok(read(response));
            return Error(reply, now, secrets);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            // Not of the known shape, or names that are no Unicode.
            return new ApiError.Failed($"HTTP {reply.Status}: the answer has not the known shape");
        }
    }

    static ApiError Error(RawResponse reply, DateTimeOffset now, ReadOnlySpan<Secret?> secrets)
        => (reply.Status, reply.Error) switch
        {
            (401, _) => new ApiError.Unauthorized(),
            (404, "not_found") => new ApiError.VehicleNotFound(),
            (405, "vehicle is currently in service") => new ApiError.VehicleInService(),
            (408, { } error) when error.StartsWith("vehicle unavailable:", StringComparison.Ordinal) => new ApiError.VehicleUnavailable(),
            (429, _) => new ApiError.RateLimited(RetryAfter.Read(reply.RetryAfter, now)),
            (403, "account disabled: EXCEEDED_LIMIT") => new ApiError.RateLimited(LimitExceeded),
            (504, _) => new ApiError.Timeout(),
            (403 or 412, _) => new ApiError.Refused(reply.Status, Detail(reply, secrets)),
            _ => new ApiError.Failed($"HTTP {reply.Status}: {Detail(reply, secrets)}"),
        };

    static string Detail(RawResponse reply, ReadOnlySpan<Secret?> secrets)
        => Redaction.Detail(reply.Error ?? reply.Text, secrets) is { Length: > 0 } detail ? detail : "no reason given";
}
