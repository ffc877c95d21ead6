using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Abrp;

/// <summary>Sends points to A Better Route Planner. The owner's token stands in the address, which is therefore never written anywhere.</summary>
/// <param name="address">Of the service, without the slash at its end.</param>
sealed class AbrpClient(OutgoingHttp http, Uri address)
{
    /// <summary>Sends one point, once.</summary>
    public async Task<AbrpAnswer> SendAsync(Secret key, Secret token, JsonObject point, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"{address.ToString().TrimEnd('/')}/1/tlm/send?token={Uri.EscapeDataString(token.Reveal())}");
        request.Headers.Authorization = new AuthenticationHeaderValue("APIKEY", key.Reveal());
        request.Content = HttpAnswers.Json(new JsonObject { ["tlm"] = point.DeepClone() });
        return await http.SendAsync(request, HttpAnswers.Limit, cancellationToken) switch
        {
            HttpOutcome.Answered { Status: 200 } answered => Read(answered.Body, key, token),
            HttpOutcome.Answered { Status: 401 or 403 } refused => new AbrpAnswer.Refused($"HTTP {refused.Status}"),
            HttpOutcome.Answered { Status: var status } => new AbrpAnswer.Failed($"HTTP {status}"),
            HttpOutcome.Failed(var reason) => new AbrpAnswer.Failed(reason),
            var outcome => throw new System.Diagnostics.UnreachableException($"no answer for {outcome}"),
        };
    }

    /// <summary>An error comes with status 200 as well.</summary>
    static AbrpAnswer Read(string body, params IEnumerable<Secret> secrets)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("status", out var status)
                || status.ValueKind != JsonValueKind.String)
                return new AbrpAnswer.Failed("the answer is not understood");
            return status.ValueEquals("ok") ? new AbrpAnswer.Taken() : new AbrpAnswer.Refused(Reason(json.RootElement, secrets));
        }
        catch (JsonException)
        {
            return new AbrpAnswer.Failed("the answer is not understood");
        }
    }

    static string Reason(JsonElement answer, IEnumerable<Secret> secrets)
    {
        foreach (var name in (string[])["result", "error", "errors", "message"])
        {
            if (!answer.TryGetProperty(name, out var text) || text.ValueKind != JsonValueKind.String
                || text.GetString() is not { Length: > 0 } reason)
                continue;
            return HttpAnswers.Short(TargetSettings.Strike(reason, secrets));
        }

        return "refused without a reason";
    }
}
