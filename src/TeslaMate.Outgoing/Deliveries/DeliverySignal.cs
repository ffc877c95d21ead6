namespace TeslaMate.Outgoing.Deliveries;

/// <summary>Wakes the one who sends: something was stored, or a turn ended.</summary>
sealed class DeliverySignal : AsyncAutoResetEvent;
