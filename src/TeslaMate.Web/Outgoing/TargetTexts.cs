using TeslaMate.Outgoing.Deliveries;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Messages;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Web.Outgoing;

/// <summary>Words of the pages: kinds by their own names, states in English, events as messages call them.</summary>
static class TargetTexts
{
    public static string Of(TargetKind kind) => kind switch
    {
        TargetKind.Webhook => "Webhook",
        TargetKind.Ntfy => "ntfy",
        TargetKind.Telegram => "Telegram",
        TargetKind.Gotify => "Gotify",
        TargetKind.Email => "E-mail",
        TargetKind.HomeAssistant => "Home Assistant",
        _ => "A Better Route Planner",
    };

    /// <summary>What each event is called, by its name outside.</summary>
    /// <param name="translate">From English.</param>
    public static IReadOnlyDictionary<string, string> OfEvents(Func<string, string> translate)
        => EventType.All.Append(EventType.Test).ToDictionary(
            type => type.Name, type => translate(EventTitles.Of(type)).Replace("{0}", "…", StringComparison.Ordinal));

    public static string Of(DeliveryState state) => state switch
    {
        DeliveryState.Pending => "Waiting",
        DeliveryState.Delivered => "Delivered",
        DeliveryState.Failed => "Failed",
        _ => "Dropped",
    };
}
