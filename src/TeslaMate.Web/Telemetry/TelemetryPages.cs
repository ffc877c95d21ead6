using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using QRCoder;
using TeslaMate.Telemetry;
using TeslaMate.Web.Layout;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Telemetry;

/// <summary>
/// Cars that send their data by themselves: how to set one up, how they are, what they cost (spec fleet-telemetry 2.1, 4.9). The public key of the
/// app is served to everybody, since Tesla and the cars ask for it.
/// </summary>
sealed partial class TelemetryPages(IServiceProvider services)
{
    /// <summary>Where Tesla looks for the public key below the domain.</summary>
    const string WellKnownPath = "/.well-known/appspecific/com.tesla.3p.public-key.pem";

    readonly ITelemetryReport? _report = services.GetService<ITelemetryReport>();

    public void Map(IEndpointRouteBuilder routes)
    {
        if (_report is not { } report)
            return;
        // As the log-in page: for everybody who knows these pages by their name.
        routes.MapGet(WellKnownPath, () => report.PublicKey is { } key ? Results.Text(key, "application/x-pem-file") : Results.NotFound())
            .RequireAuthorization(Policies.LogIn);
        routes.MapPages().MapGet("/telemetry", ShowAsync);
    }

    async Task<IResult> ShowAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        // The domain of these pages, unless the owner names another one; an address alone is none that Tesla takes.
        var domain = ((string[])[http.Request.Query["domain"].ToString().Trim(), http.Request.Host.Host]).FirstOrDefault(IsDomain);
        var pairing = domain is null ? null : $"https://tesla.com/_ak/{domain}";
        return context.Render<TelemetryPage, TelemetryModel>(
            new(domain, pairing, pairing is null ? null : Code(pairing), $"https://{domain ?? "DOMAIN"}{WellKnownPath}",
                _report!.PublicKey is not null, await _report.ReadAsync(cancellationToken)));
    }

    static bool IsDomain(string name) => Domain().IsMatch(name) && !IPAddress.TryParse(name, out _);

    /// <summary>An address as a picture for the camera of a phone.</summary>
    static string Code(string address)
    {
        using var data = QRCodeGenerator.GenerateQrCode(address, QRCodeGenerator.ECCLevel.M);
        using var code = new SvgQRCode(data);
        return code.GetGraphic(6, "#000000", "#ffffff", sizingMode: SvgQRCode.SizingMode.WidthHeightAttribute);
    }

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+\z")]
    private static partial Regex Domain();
}

/// <param name="Domain">The app's domain; null while the pages are asked for by an address and the owner has named none.</param>
/// <param name="Pairing">The address that pairs a car with the app's key; null without a domain.</param>
/// <param name="Code">The same as SVG; null without a domain.</param>
/// <param name="KeyAddress">Where Tesla asks for the public key.</param>
/// <param name="HasKey">Whether these pages have one to serve.</param>
/// <param name="Report">The cars, and what was asked for them.</param>
public sealed record TelemetryModel(string? Domain, string? Pairing, string? Code, string KeyAddress, bool HasKey, TelemetryReport Report);
