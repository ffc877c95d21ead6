using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Messages;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Channels;

/// <summary>Messages over ntfy (spec api 4.3). The topic is a secret and travels in the body.</summary>
sealed class NtfyChannel(OutgoingHttp http, MessageWriter messages) : IChannel
{
    // The server makes an attachment of what has more than 4096.
    const int LongestText = 3800;

    public TargetKind Kind => TargetKind.Ntfy;

    public async Task<DeliveryResult> SendAsync(OutgoingTarget target, OutgoingEvent happened, CancellationToken cancellationToken)
    {
        var settings = (TargetSettings.Ntfy)target.Settings;
        var message = messages.Write(happened);
        var body = new JsonObject
        {
            ["topic"] = settings.Topic.Reveal(),
            ["title"] = HttpAnswers.Cut(message.Title, 200),
            ["message"] = HttpAnswers.Cut(message.Text, LongestText),
            ["priority"] = message.Importance switch { Importance.Low => 2, Importance.High => 5, _ => 3 },
            ["tags"] = new JsonArray("car"),
        };
        if (message.Link is { } link)
            body["click"] = link.ToString();
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.Server) { Content = HttpAnswers.Json(body) };
        if (settings.Token is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        else if (settings.User is { } user)
            request.Headers.Authorization = HttpAnswers.Basic(user, settings.Password);
        return HttpAnswers.Read(await http.SendAsync(request, HttpAnswers.Limit, cancellationToken), settings, "error");
    }
}
