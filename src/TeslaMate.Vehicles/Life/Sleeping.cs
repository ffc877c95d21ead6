namespace TeslaMate.Vehicles.Life;

/// <summary>ASLEEP and OFFLINE (spec vehicle 6.7).</summary>
static class Sleeping
{
    /// <summary>After the owner asked to resume.</summary>
    public static readonly TimeSpan FirstStep = TimeSpan.FromSeconds(1);

    public static Turn Again(Turn turn, TimeSpan step, Func<TimeSpan, VehiclePhase> phase)
    {
        var steady = turn.Polling.Asleep;
        return step >= steady
            ? turn.Publish().Poll(steady)
            : turn.Poll(step).Become(phase(step * 2 < steady ? step * 2 : steady));
    }
}
