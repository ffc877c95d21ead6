using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tesla.Http;

namespace TeslaMate.Tesla.Fleet;

/// <summary>What Tesla made of a configuration.</summary>
/// <param name="Updated">How many cars take it.</param>
/// <param name="Skipped">Cars that do not, each with Tesla's word for why.</param>
public sealed record ConfiguredCars(int Updated, IReadOnlyDictionary<string, string> Skipped);

/// <summary>The configuration that Tesla keeps for a car.</summary>
/// <param name="IsSynced">The car has fetched it.</param>
/// <param name="IsThere">There is one.</param>
/// <param name="LimitReached">Too many apps stream from the car.</param>
/// <param name="KeyPaired">The app's key is paired with the car; null when Tesla does not say.</param>
public sealed record CarConfiguration(bool IsSynced, bool IsThere, bool LimitReached, bool? KeyPaired);

/// <summary>What a car reports of an attempt to reach a server.</summary>
/// <param name="Name">Tesla's word for it.</param>
/// <param name="Host">The server's name; null when the report has none.</param>
public sealed record ConnectionError(DateTimeOffset CreatedAt, string Name, string Error, string? Host);

/// <summary>
/// Tells cars where to send their data (spec fleet-telemetry 2.2), with the tokens that are stored. Each request is one of Tesla's data calls.
/// </summary>
public sealed class FleetTelemetryApi(NpgsqlDataSource database, EncryptionKey key, TeslaSettings settings) : IDisposable
{
    readonly Transport _transport = new(settings);
    readonly HttpSender _sender = new(NullLogger<HttpSender>.Instance, TimeProvider.System);

    /// <summary>Whether there is a host to ask; without one every request fails before it is sent.</summary>
    public bool IsAvailable => settings.ApiHost is not null;

    /// <summary>Gives cars a signed configuration.</summary>
    public Task<ApiAnswer<ConfiguredCars>> ConfigureAsync(IReadOnlyList<string> vins, string token, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "/api/1/vehicles/fleet_telemetry_config_jws",
            new JsonObject { ["vins"] = new JsonArray([.. vins.Select(vin => (JsonNode)vin)]), ["token"] = token }, ReadConfigured,
            cancellationToken);

    public Task<ApiAnswer<CarConfiguration>> ReadAsync(string vin, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"/api/1/vehicles/{Uri.EscapeDataString(vin)}/fleet_telemetry_config", null, ReadConfiguration, cancellationToken);

    /// <summary>What a car reports of its attempts to reach its server; entries without a time are left out.</summary>
    public Task<ApiAnswer<IReadOnlyList<ConnectionError>>> ErrorsAsync(string vin, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"/api/1/vehicles/{Uri.EscapeDataString(vin)}/fleet_telemetry_errors", null, ReadErrors, cancellationToken);

    /// <returns>How many cars forget it.</returns>
    public Task<ApiAnswer<int>> RemoveAsync(string vin, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Delete,
        $"/api/1/vehicles/{Uri.EscapeDataString(vin)}/fleet_telemetry_config",
        null,
        response => response.TryGetProperty("updated_vehicles", out var count) ? count.GetInt32() : 0,
        cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    async Task<ApiAnswer<T>> SendAsync<T>(
        HttpMethod method, string path, JsonObject? body, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        if (settings.ApiHost is not { } host)
            return new ApiError.Failed("TESLA_API_HOST is not set; it names the host of Tesla's Fleet API for your region, or of a proxy before it");
        Secret? access = settings.FleetToken;
        if (access is null)
        {
            if (await new TokenTable(database, key, TimeProvider.System).ReadAsync(cancellationToken) is not StoredTokens.Pair(var tokens, _))
                return new ApiError.NotSignedIn();
            access = tokens.Access;
        }

        using var request = new HttpRequestMessage(method, host.AbsoluteUri.TrimEnd('/') + path);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {access.Reveal()}");
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        var limits = new SendLimits(settings.Limits.ApiReceive, settings.Limits.ApiTotal, settings.Limits.AnswerBytes);
        switch (await _sender.SendAsync(_transport.Api, request, limits, _ => LogLevel.Debug, cancellationToken))
        {
            case ApiAnswer<RawResponse>.Ok(var reply):
                using (reply)
                    return AnswerReader.Read(reply, read, TimeProvider.System.GetUtcNow(), access);
            case ApiAnswer<RawResponse>.Failed(var error):
                return error;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    static ConfiguredCars ReadConfigured(JsonElement response)
    {
        Dictionary<string, string> skipped = [];
        if (response.TryGetProperty("skipped_vehicles", out var reasons) && reasons.ValueKind == JsonValueKind.Object)
        {
            foreach (var reason in reasons.EnumerateObject().Where(reason => reason.Value.ValueKind == JsonValueKind.Array))
            {
                foreach (var vin in reason.Value.EnumerateArray())
                    skipped[vin.GetString() ?? ""] = reason.Name;
            }
        }

        return new ConfiguredCars(response.TryGetProperty("updated_vehicles", out var count) ? count.GetInt32() : 0, skipped);
    }

    static CarConfiguration ReadConfiguration(JsonElement response) => new(
        IsTrue(response, "synced") == true,
        response.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.Object,
        IsTrue(response, "limit_reached") == true,
        IsTrue(response, "key_paired"));

    static IReadOnlyList<ConnectionError> ReadErrors(JsonElement response)
    {
        var list = response.ValueKind == JsonValueKind.Object && response.TryGetProperty("fleet_telemetry_errors", out var inner) ? inner : response;
        List<ConnectionError> errors = [];
        foreach (var entry in list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default)
        {
            if (entry.ValueKind == JsonValueKind.Object && Text(entry, "created_at") is { } at && DateTimeOffset.TryParse(
                    at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created))
                errors.Add(new ConnectionError(created, Text(entry, "error_name") ?? Text(entry, "name") ?? "", Text(entry, "error") ?? "",
                    Text(entry, "hostname")));
        }

        return errors;
    }

    static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    static bool? IsTrue(JsonElement element, string name) =>
        element.TryGetProperty(name, out var flag) && flag.ValueKind is JsonValueKind.True or JsonValueKind.False ? flag.GetBoolean() : null;
}
