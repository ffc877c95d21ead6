using TeslaMate.Outgoing.Events;

namespace TeslaMate.Outgoing.Messages;

/// <summary>What events are called, in messages and on the pages: names of <see cref="MessageTexts"/>.</summary>
public static class EventTitles
{
    /// <summary>In English; that of <c>integration.failed</c> has the place <c>{0}</c> for the target.</summary>
    public static string Of(EventType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.Name switch
        {
            "drive.started" => "Drive started",
            "drive.ended" => "Drive ended",
            "charge.started" => "Charging started",
            "charge.ended" => "Charging ended",
            "charge.interrupted" => "Charging interrupted",
            "state.changed" => "State changed",
            "place.entered" => "Place entered",
            "place.left" => "Place left",
            "update.available" => "Software update available",
            "update.installed" => "Software update installed",
            "battery.low" => "Battery low",
            "charge.limit_reached" => "Charge limit reached",
            "tyre.warning" => "Tire pressure low",
            "sentry.alert" => "Sentry mode alarm",
            "left.open" => "Car left open",
            "data.stopped" => "No data from the car",
            "data.resumed" => "Data from the car again",
            "token.expiring" => "Tesla's tokens cannot be renewed",
            "sign_in.needed" => "Sign in to Tesla again",
            "integration.failed" => "Sending to {0} has failed",
            "backup.failed" => "A backup has failed or is overdue",
            "disk.low" => "The disk is almost full",
            "database.away" => "The database does not answer",
            _ => "Test message",
        };
    }
}
