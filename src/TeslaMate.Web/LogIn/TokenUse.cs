using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration.Health;

namespace TeslaMate.Web.LogIn;

/// <summary>Which program asks how much, as a metric by the names of the tokens, and what each of them changes, in the log.</summary>
sealed partial class TokenUse
{
    readonly ConcurrentDictionary<string, long> _requests = new();
    readonly ILogger<TokenUse> _logger;

    public TokenUse(IMeterFactory meters, ILogger<TokenUse> logger)
    {
        _logger = logger;
        meters.Of("Api", isPersonal: true).CreateObservableCounter(
            "teslamate_api_requests_total",
            () => _requests.Select(use => new Measurement<long>(use.Value, new KeyValuePair<string, object?>("token", use.Key))), unit: null,
            "Requests of programs that brought a token, by its name.");
    }

    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.User.TokenName() is not { } token)
        {
            await next(http);
            return;
        }

        _requests.AddOrUpdate(token, 1, (_, count) => count + 1);
        await next(http);
        // The path alone: a query may hold the token.
        if (HttpMethods.IsGet(http.Request.Method))
            Log.Read(_logger, token, http.Request.Path, http.Response.StatusCode);
        else
            Log.Changed(_logger, token, RequestOrigin.Of(http), http.Request.Method, http.Request.Path, http.Response.StatusCode);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "The program with token {Token}, from {Address}, sent {Method} {Path}: {Status}")]
        public static partial void Changed(ILogger logger, string token, RequestOrigin address, string method, string path, int status);

        [LoggerMessage(Level = LogLevel.Debug, Message = "The program with token {Token} asked for {Path}: {Status}")]
        public static partial void Read(ILogger logger, string token, string path, int status);
    }
}
