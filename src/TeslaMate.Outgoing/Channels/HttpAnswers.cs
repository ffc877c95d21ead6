using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Channels;

/// <summary>What a receiver of messages says over HTTP, and what that means where its kind does not know better.</summary>
static class HttpAnswers
{
    /// <summary>Of a request, from beginning to end.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static HttpContent Json(JsonObject body) => new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");

    /// <summary>The usual meaning of an answer.</summary>
    /// <param name="member">The member of the answer that has the reason in words.</param>
    public static DeliveryResult Read(HttpOutcome outcome, TargetSettings settings, string member)
    {
        if (outcome is not HttpOutcome.Answered answered)
            return outcome.ToResult();
        var reason = $"HTTP {answered.Status}{(Said(answered, settings, member) is { Length: > 0 } said ? $": {said}" : "")}";
        return answered.Status switch
        {
            429 or 503 => new DeliveryResult.TryAgain(answered.RetryAfter, reason),
            // The rights may be mended there.
            401 or 403 => new DeliveryResult.TryAgain(null, $"{reason} (the receiver does not let us in)"),
            408 or >= 500 => new DeliveryResult.TryAgain(null, reason),
            >= 400 => new DeliveryResult.Refused(reason),
            _ => outcome.ToResult(),
        };
    }

    /// <summary>The answer as JSON; null when it is something else.</summary>
    public static JsonObject? Body(HttpOutcome.Answered answered)
    {
        try
        {
            return JsonNode.Parse(answered.Body) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What the receiver says in a member of its answer, on one line and without secrets; null for nothing.</summary>
    public static string? Said(HttpOutcome.Answered answered, TargetSettings settings, string member)
    {
        return Body(answered)?[member] is JsonValue value && value.TryGetValue(out string? text) ? Short(settings.Strike(text)) : null;
    }

    /// <summary>One line of what somebody else wrote.</summary>
    public static string Short(string text) => string.Concat(text.Take(200).Select(letter => char.IsControl(letter) ? ' ' : letter)).Trim();

    /// <summary>A text that has at most so many bytes in UTF-8, cut between characters.</summary>
    public static string Cut(string text, int mostBytes)
    {
        if (Encoding.UTF8.GetByteCount(text) <= mostBytes)
            return text;
        var output = new StringBuilder();
        var bytes = Encoding.UTF8.GetByteCount("…");
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > mostBytes)
                break;
            output.Append(rune.ToString());
        }

        return output.Append('…').ToString();
    }

    public static AuthenticationHeaderValue Basic(string user, Secret? password)
        => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password?.Reveal()}")));
}
