using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace TeslaMate.Tests;

/// <summary>HTTP servers that tests play somebody else with.</summary>
static class LoopbackServer
{
    /// <summary>A server that says nothing to the log and will listen on a free port of this machine; what it answers is the caller's.</summary>
    public static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        return app;
    }
}
