using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Channels;

/// <summary>Webhooks as Standard Webhooks describes them (spec api 4.2).</summary>
sealed class WebhookChannel(OutgoingHttp http, TimeProvider time) : IChannel
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public TargetKind Kind => TargetKind.Webhook;

    public async Task<DeliveryResult> SendAsync(OutgoingTarget target, OutgoingEvent happened, CancellationToken cancellationToken)
    {
        var settings = (TargetSettings.Webhook)target.Settings;
        var now = time.GetUtcNow();
        var body = Encoding.UTF8.GetBytes(happened.ToBody());
        var timestamp = now.ToUnixTimeSeconds();
        var signature = StandardWebhookSignature.Of(settings.Key, happened.Id, timestamp, body);
        if (settings.PreviousKey is { } previous && settings.PreviousUntil > now)
            signature += ' ' + StandardWebhookSignature.Of(previous, happened.Id, timestamp, body);
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("webhook-id", happened.Id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("webhook-signature", signature);
        if (settings is { HeaderName: { } name, HeaderValue: { } value })
            request.Headers.TryAddWithoutValidation(name, value.Reveal());
        return (await http.SendAsync(request, Limit, cancellationToken)).ToResult();
    }
}
