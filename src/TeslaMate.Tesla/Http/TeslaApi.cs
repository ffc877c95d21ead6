using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Tesla.Http;

sealed partial class TeslaApi(
    Transport transport, HttpSender sender, IAccess access, VehicleReader reader, TeslaSettings settings, TimeProvider time,
    ILogger<TeslaApi> logger) : ITeslaApi
{
    const string Endpoints =
        "charge_state%3Bclimate_state%3Bclosures_state%3Bdrive_state%3Bgui_settings%3Blocation_data%3B"
        + "vehicle_config%3Bvehicle_state%3Bvehicle_data_combo";

    readonly SendLimits _limits = new(settings.Limits.ApiReceive, settings.Limits.ApiTotal, settings.Limits.AnswerBytes);

    public async Task<ApiAnswer<IReadOnlyList<VehicleListing>>> ListAsync(Func<VehicleListing, bool> wantsState,
        CancellationToken cancellationToken)
    {
        var answer = await AskAsync("/api/1/products", reader.Listing, cancellationToken);
        return answer is ApiAnswer<IReadOnlyList<VehicleListing>>.Ok(var cars)
            ? new ApiAnswer<IReadOnlyList<VehicleListing>>.Ok(
                await Task.WhenAll(cars.Select(car => wantsState(car) ? CompleteAsync(car, cancellationToken) : Task.FromResult(car))))
            : answer;
    }

    public Task<ApiAnswer<VehicleData>> GetAsync(Eid car, CancellationToken cancellationToken)
        => AskAsync(VehiclePath(car), reader.Vehicle, cancellationToken);

    public Task<ApiAnswer<VehicleData>> GetWithStateAsync(Eid car, CancellationToken cancellationToken)
        => AskAsync(VehicleDataPath(car), reader.Vehicle, cancellationToken);

    static string VehiclePath(Eid car) => $"/api/1/vehicles/{car}";

    static string VehicleDataPath(Eid car) => $"/api/1/vehicles/{car}/vehicle_data?endpoints={Endpoints}";

    /// <summary>The car of the list with all its sections, or as it was when they cannot be had in time.</summary>
    async Task<VehicleListing> CompleteAsync(VehicleListing car, CancellationToken cancellationToken)
    {
        if (car.Data.Availability != Availability.Online)
            return car;
        using var limit = new CancellationTokenSource(settings.Limits.Completion, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            if (await access.CurrentAsync(stop.Token) is not { } tokens)
                return car;
            // A 401 is not counted here: the list itself has just been answered.
            switch (await RequestAsync(VehicleDataPath(car.Id), reader.Vehicle, tokens, stop.Token))
            {
                case ApiAnswer<VehicleData>.Ok(var data):
                    var asked = car with { StateStatus = 200 };
                    return data.IsFull ? asked with { Data = data with { DisplayName = data.DisplayName ?? car.Data.DisplayName } } : asked;
                case ApiAnswer<VehicleData>.Failed(var error):
                    Log.NotCompleted(logger, car.Id, error);
                    return car with { StateStatus = error.HttpStatus };
                default:
                    throw new UnreachableException();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotCompleted(logger, car.Id, new ApiError.Timeout());
            return car with { StateStatus = 0 };
        }
    }

    async Task<ApiAnswer<T>> AskAsync<T>(string path, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        if (await access.CurrentAsync(cancellationToken) is not { } tokens)
            return new ApiError.NotSignedIn();
        var answer = await RequestAsync(path, read, tokens, cancellationToken);
        switch (answer)
        {
            case ApiAnswer<T>.Failed(ApiError.Unauthorized):
                return access.Refused(tokens) ? new ApiError.NotSignedIn() : answer;
            case ApiAnswer<T>.Failed(ApiError.Refused { Status: 403 }):
                access.Forbidden(tokens);
                return answer;
            case ApiAnswer<T>.Failed(ApiError.RateLimited(var pause)):
                Log.RateLimited(logger, pause.TotalSeconds);
                return answer;
            case ApiAnswer<T>.Ok:
                access.Accepted(tokens);
                return answer;
            default:
                return answer;
        }
    }

    async Task<ApiAnswer<T>> RequestAsync<T>(string path, Func<JsonElement, T> read, TokenPair tokens, CancellationToken cancellationToken)
    {
        var bearer = settings.FleetToken ?? tokens.Access;
        using var request = new HttpRequestMessage(HttpMethod.Get, Host(tokens) + path);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {bearer.Reveal()}");
        switch (await sender.SendAsync(transport.Api, request, _limits, Level, cancellationToken))
        {
            case ApiAnswer<RawResponse>.Ok(var reply):
                using (reply)
                    return AnswerReader.Read(reply, read, time.GetUtcNow(), bearer, tokens.Access, tokens.Refresh);
            case ApiAnswer<RawResponse>.Failed(var error):
                return error;
            default:
                throw new UnreachableException();
        }
    }

    string Host(TokenPair tokens)
        => settings.ApiHost is { } host
            ? host.AbsoluteUri.TrimEnd('/')
            : AccessToken.Read(tokens.Access.Reveal(), settings).Region switch
            {
                Region.China => "https://owner-api.vn.cloud.tesla.cn",
                _ => "https://owner-api.teslamotors.com",
            };

    static LogLevel Level(int status) => status switch
    {
        >= 500 => LogLevel.Warning,
        >= 400 => LogLevel.Information,
        _ => LogLevel.Debug,
    };

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {Eid} of the list is taken without its details: {Reason}")]
        public static partial void NotCompleted(ILogger logger, Eid eid, ApiError reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Tesla limits the requests, again in {PauseS:0} s")]
        public static partial void RateLimited(ILogger logger, double pauseS);
    }
}
