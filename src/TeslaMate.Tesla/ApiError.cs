namespace TeslaMate.Tesla;

/// <summary>
/// What went wrong with a request to Tesla (spec tesla-api 5.2, spec vehicle 5.4). Closed: a new case is added here and gets its reaction where
/// errors are switched over. No case carries a token, a position or the body of an answer beyond Tesla's own short <c>error</c> text.
/// </summary>
public abstract record ApiError
{
    ApiError() { }

    /// <summary>A short sentence for logs and pages.</summary>
    public abstract string Message { get; }

    public sealed override string ToString() => Message;

    /// <summary>The status of HTTP that it stands for, by which Tesla bills; 0 where no answer came.</summary>
    public int HttpStatus => this switch
    {
        Unauthorized => 401,
        VehicleNotFound => 404,
        VehicleInService => 405,
        VehicleUnavailable => 408,
        RateLimited => 429,
        Refused(var status, _) => status,
        Failed => 500,
        _ => 0,
    };

    /// <summary>401: the access token was refused. A refresh has been asked for; the next request may succeed.</summary>
    public sealed record Unauthorized : ApiError
    {
        public override string Message => "the access token was refused";
    }

    /// <summary>There are no usable tokens: nothing was sent, nothing will be until the next sign-in.</summary>
    public sealed record NotSignedIn : ApiError
    {
        public override string Message => "not signed in";
    }

    /// <summary>A sign-in was asked for while one is in force.</summary>
    public sealed record AlreadySignedIn : ApiError
    {
        public override string Message => "already signed in";
    }

    /// <summary>The token endpoint refused the refresh, or answered nonsense.</summary>
    /// <param name="Detail">Tesla's words, if it had any.</param>
    public sealed record TokenRefresh(string? Detail) : ApiError
    {
        public override string Message => Detail is null ? "the tokens were refused" : $"the tokens were refused: {Detail}";
    }

    /// <summary>404 <c>not_found</c>: this account does not (any longer) have a car with that id.</summary>
    public sealed record VehicleNotFound : ApiError
    {
        public override string Message => "the car was not found";
    }

    /// <summary>405: the car is in service.</summary>
    public sealed record VehicleInService : ApiError
    {
        public override string Message => "the car is in service";
    }

    /// <summary>408 <c>vehicle unavailable: …</c>: the car is offline or asleep; a <c>vehicle</c> request says which.</summary>
    public sealed record VehicleUnavailable : ApiError
    {
        public override string Message => "the car is offline or asleep";
    }

    /// <summary>429, or 403 <c>EXCEEDED_LIMIT</c>. <paramref name="RetryAfter"/> is between a second and a day.</summary>
    public sealed record RateLimited(TimeSpan RetryAfter) : ApiError
    {
        public override string Message => $"too many requests, again in {RetryAfter.TotalSeconds:0} s";
    }

    /// <summary>No answer in time, or 504.</summary>
    public sealed record Timeout : ApiError
    {
        public override string Message => "no answer in time";
    }

    /// <summary>The connection ended before the answer was complete.</summary>
    public sealed record Closed : ApiError
    {
        public override string Message => "the connection was closed";
    }

    /// <summary>No connection came about: name not found, refused, no route, TLS.</summary>
    public sealed record Unreachable(string Reason) : ApiError
    {
        public override string Message => $"Tesla cannot be reached: {Reason}";
    }

    /// <summary>
    /// Tesla does not want this account, program or request (403 other than the limit, 412): repeating it soon cannot help, the owner has to act
    /// (allow mobile access, register an app, update).
    /// </summary>
    public sealed record Refused(int Status, string Detail) : ApiError
    {
        public override string Message => $"Tesla refuses the request (HTTP {Status}): {Detail}";
    }

    /// <summary>Everything else: 5xx, an answer that is no JSON, too large, or not of the known shape.</summary>
    public sealed record Failed(string Reason) : ApiError
    {
        public override string Message => Reason;
    }
}
