using System.Text.Json.Nodes;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Messages;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Channels;

/// <summary>
/// Messages by a bot of Telegram (spec api 4.3), as plain text. The bot's token stands in the address, so nothing here writes or repeats that.
/// </summary>
/// <param name="server">Of Telegram's bots.</param>
sealed class TelegramChannel(OutgoingHttp http, MessageWriter messages, Uri server) : IChannel
{
    public static readonly Uri Server = new("https://api.telegram.org");

    // In UTF-16 units; a cut by bytes is below it in every script.
    const int LongestText = 4096;

    public TargetKind Kind => TargetKind.Telegram;

    public async Task<DeliveryResult> SendAsync(OutgoingTarget target, OutgoingEvent happened, CancellationToken cancellationToken)
    {
        var settings = (TargetSettings.Telegram)target.Settings;
        var message = messages.Write(happened);
        var text = $"{message.Title}\n{message.Text}{(message.Link is { } link ? $"\n{link}" : "")}";
        var body = new JsonObject
        {
            ["chat_id"] = settings.ChatId,
            ["text"] = HttpAnswers.Cut(text, LongestText),
            ["disable_notification"] = message.Importance == Importance.Low,
            ["link_preview_options"] = new JsonObject { ["is_disabled"] = true },
        };
        var address = $"{server.ToString().TrimEnd('/')}/bot{Uri.EscapeDataString(settings.BotToken.Reveal()).Replace("%3A", ":")}/sendMessage";
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = HttpAnswers.Json(body) };
        var outcome = await http.SendAsync(request, HttpAnswers.Limit, cancellationToken);
        return outcome is HttpOutcome.Answered answered ? Read(answered, settings) : outcome.ToResult();
    }

    static DeliveryResult Read(HttpOutcome.Answered answered, TargetSettings settings) => answered.Status switch
    {
        200 when HttpAnswers.Body(answered)?["ok"] is JsonValue ok && ok.TryGetValue(out bool isOk) && isOk => new DeliveryResult.Delivered(),
        200 => new DeliveryResult.TryAgain(null, "the answer is not Telegram's"),
        401 or 404 => new DeliveryResult.Gone("Telegram does not know the token of the bot"),
        403 => new DeliveryResult.Gone($"Telegram forbids it: {HttpAnswers.Said(answered, settings, "description") ?? "no reason"}"),
        429 => new DeliveryResult.TryAgain(RetryAfter(HttpAnswers.Body(answered)) ?? answered.RetryAfter, "too many messages"),
        _ => HttpAnswers.Read(answered, settings, "description"),
    };

    static TimeSpan? RetryAfter(JsonObject? answer)
        => answer?["parameters"] is JsonObject parameters && parameters["retry_after"] is JsonValue value && value.TryGetValue(out double seconds)
            && seconds is > 0 and < 86400 * 7
            ? TimeSpan.FromSeconds(seconds) : null;
}
