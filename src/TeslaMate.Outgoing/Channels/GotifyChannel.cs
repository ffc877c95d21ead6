using System.Text.Json.Nodes;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Messages;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Channels;

/// <summary>Messages over Gotify (spec api 4.3).</summary>
sealed class GotifyChannel(OutgoingHttp http, MessageWriter messages) : IChannel
{
    public TargetKind Kind => TargetKind.Gotify;

    public async Task<DeliveryResult> SendAsync(OutgoingTarget target, OutgoingEvent happened, CancellationToken cancellationToken)
    {
        var settings = (TargetSettings.Gotify)target.Settings;
        var message = messages.Write(happened);
        var body = new JsonObject
        {
            ["title"] = message.Title,
            ["message"] = message.Text,
            ["priority"] = message.Importance switch { Importance.Low => 2, Importance.High => 8, _ => 5 },
        };
        if (message.Link is { } link)
            body["extras"] = new JsonObject
            {
                ["client::notification"] = new JsonObject { ["click"] = new JsonObject { ["url"] = link.ToString() } },
            };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{settings.Server.ToString().TrimEnd('/')}/message")
        {
            Content = HttpAnswers.Json(body),
        };
        request.Headers.TryAddWithoutValidation("X-Gotify-Key", settings.Token.Reveal());
        return HttpAnswers.Read(await http.SendAsync(request, HttpAnswers.Limit, cancellationToken), settings, "errorDescription");
    }
}
