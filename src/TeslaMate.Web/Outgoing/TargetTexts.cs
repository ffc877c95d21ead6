using TeslaMate.Outgoing.Deliveries;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Web.Outgoing;

/// <summary>Words of the pages: kinds by their own names, states in English.</summary>
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

    public static string Of(DeliveryState state) => state switch
    {
        DeliveryState.Pending => "Waiting",
        DeliveryState.Delivered => "Delivered",
        DeliveryState.Failed => "Failed",
        _ => "Dropped",
    };
}
