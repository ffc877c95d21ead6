namespace TeslaMate.Simulator.Faults;

/// <summary>What can go wrong with an answer or with a message of the stream. Closed.</summary>
public abstract record Fault
{
    const string Json = "application/json; charset=utf-8";
    const string Html = "text/html";

    Fault()
    {
    }

    /// <summary>An answer with another status.</summary>
    /// <param name="RetryAfter">The header of that name, or null for none.</param>
    public sealed record Answer(int Status, string Body, string? RetryAfter = null, string ContentType = Json) : Fault;

    /// <summary>Status 200, but the body is no JSON.</summary>
    public sealed record Garbage : Fault;

    /// <summary>Some sections are missing and some fields are null.</summary>
    public sealed record MissingFields : Fault;

    /// <summary>The right answer, late.</summary>
    public sealed record Slow(TimeSpan By) : Fault;

    /// <summary>The body ends half-way, and with it the connection.</summary>
    public sealed record Truncated : Fault;

    /// <summary>The connection ends without an answer, or in the middle of the stream.</summary>
    public sealed record Dropped : Fault;

    /// <summary>A message of the stream comes twice.</summary>
    public sealed record Duplicated : Fault;

    /// <summary>A message of the stream comes after the next one.</summary>
    public sealed record Reordered : Fault;

    /// <summary>The stream says that the token is no good.</summary>
    public sealed record TokenExpired : Fault;

    public static Fault Unauthorized { get; } = new Answer(401, """{"error":"invalid bearer token"}""");

    public static Fault Forbidden { get; } = Problem(403, "forbidden, see https://developer.tesla.com/docs/fleet-api");

    public static Fault MobileAccessDisabled { get; } = Problem(403, "mobile access disabled");

    public static Fault LimitExceeded { get; } = Problem(403, "account disabled: EXCEEDED_LIMIT");

    public static Fault NotFound { get; } = Problem(404, "not_found");

    /// <summary>Not the 408 that says that the car sleeps.</summary>
    public static Fault RequestTimeout { get; } = new Answer(408, """{"response":null,"error":"{\"error\": \"timeout\"}","error_description":""}""");

    public static Fault Unavailable { get; } = Problem(408, "vehicle unavailable: vehicle is offline or asleep");

    public static Fault Retired { get; } = Problem(412, "Endpoint is only available on fleetapi. Visit https://developer.tesla.com/docs for more "
        + "info");

    public static Fault InternalError { get; } = Problem(500, "internal server error");

    public static Fault BadGateway { get; } = new Answer(502, "<html>bad gateway</html>", ContentType: Html);

    public static Fault OutOfService { get; } = new Answer(503, "<html>unavailable</html>", ContentType: Html);

    public static Fault GatewayTimeout { get; } = new Answer(504, "", ContentType: Html);

    public static Fault TooManyRequests(string? retryAfter = null) => Problem(429, "too many requests", retryAfter);

    internal static Fault InService { get; } = Problem(405, "vehicle is currently in service");

    static Answer Problem(int status, string error, string? retryAfter = null)
        => new(status, $$"""{"response":null,"error":"{{error}}","error_description":""}""", retryAfter);
}
