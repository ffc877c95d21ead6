namespace TeslaMate.Tests.EndToEnd;

/// <summary>
/// The values of drives and charging processes, computed once more from their readings by the rules of the specification (spec logbook 6.2, 7.3 to
/// 7.5).
/// </summary>
static class SpecValues
{
    /// <summary>The drive as it should be, apart from its places.</summary>
    public static DriveRow Drive(DriveRow row, IReadOnlyList<PositionRow> track)
    {
        var (first, last) = (track[0], track[^1]);
        var ranged = track.Where(position => position is { Ideal: not null, Odometer: not null }).ToList();
        var heights = track.Where(position => position.Elevation is not null).Select(position => (int)position.Elevation!).ToList();
        var steps = heights.Zip(heights.Skip(1), (before, after) => after - before).ToList();
        return row with
        {
            StartDate = first.Date,
            EndDate = last.Date,
            StartPosition = first.Id,
            EndPosition = last.Id,
            StartKm = first.Odometer,
            EndKm = last.Odometer,
            Distance = last.Odometer - first.Odometer,
            DurationMin = (short)Half((last.Date - first.Date).TotalSeconds / 60),
            SpeedMax = track.Max(position => position.Speed),
            PowerMax = track.Max(position => position.Power),
            PowerMin = track.Min(position => position.Power),
            OutsideTemp = Average(track.Select(position => position.OutsideTemp)),
            InsideTemp = Average(track.Select(position => position.InsideTemp)),
            StartIdeal = ranged[0].Ideal,
            EndIdeal = ranged[^1].Ideal,
            StartRated = ranged[0].Rated,
            EndRated = ranged[^1].Rated,
            Ascent = (short)steps.Sum(step => Math.Max(0, step)),
            Descent = (short)steps.Sum(step => Math.Max(0, -step)),
        };
    }

    /// <summary>The charging process as it should be, apart from its place.</summary>
    /// <param name="price">Price and fee of its geofence.</param>
    public static ProcessRow Process(ProcessRow row, IReadOnlyList<ChargeRow> charges, (string Billing, decimal? PerUnit, decimal? Fee)? price)
    {
        var (first, last) = (charges[0], charges[^1]);
        var added = (last.Added != 0 ? last.Added : charges.Max(charge => charge.Added)) - first.Added;
        var used = charges.Count < 2 ? (double?)null : Used(charges);
        var minutes = (short)Half((last.Date - first.Date).TotalSeconds / 60);
        return row with
        {
            StartDate = first.Date,
            EndDate = last.Date,
            Added = added < 0 ? null : added,
            Used = used is { } kwh ? Math.Round((decimal)kwh, 2, MidpointRounding.AwayFromZero) : null,
            StartIdeal = first.Ideal,
            EndIdeal = last.Ideal,
            StartRated = first.Rated,
            EndRated = last.Rated,
            StartLevel = first.Level,
            EndLevel = last.Level,
            DurationMin = minutes,
            OutsideTemp = Average(charges.Select(charge => charge.OutsideTemp)),
            Cost = price is { } known ? Cost(known, added, used, minutes) : null,
        };
    }

    static double Used(IReadOnlyList<ChargeRow> charges)
    {
        var phases = Phases(charges);
        return charges.Zip(charges.Skip(1)).Select(pair => Kw(pair.Second, phases) * (pair.Second.Date - pair.First.Date).TotalSeconds / 3600)
            .Where(kwh => kwh >= 0).Sum();
    }

    static double Kw(ChargeRow charge, double? phases)
        => charge.Phases is not null && phases is { } known && charge.Current is { } current && charge.Voltage is { } voltage
            ? known * current * voltage / 1000
            : charge.Power;

    static double? Phases(IReadOnlyList<ChargeRow> charges)
    {
        var ratios = charges.Where(charge => charge.Current * charge.Voltage is not (null or 0))
            .Select(charge => charge.Power * 1000.0 / ((double)charge.Current!.Value * charge.Voltage!.Value)).ToList();
        var reported = charges.Where(charge => charge.Phases is not null).Select(charge => (double)charge.Phases!.Value).ToList();
        if (ratios.Count == 0 || charges.Count <= 15 || ratios.Average() <= 0)
            return null;
        var p = ratios.Average();
        var r = reported.Count == 0 ? (double?)null : Half(reported.Average());
        if (r == Half(p))
            return r;
        if (r == 3 && Math.Abs(p / Math.Sqrt(3) - 1) <= 0.1)
            return Math.Sqrt(3);
        return Half(p) > 0 && Math.Abs(Half(p) - p) <= 0.3 ? Half(p) : null;
    }

    static decimal? Cost((string Billing, decimal? PerUnit, decimal? Fee) price, decimal added, double? used, short minutes)
    {
        if (price.PerUnit is null && price.Fee is null)
            return null;
        var units = price.Billing == "per_kwh" ? Math.Max((double)Math.Max(added, 0), used ?? 0) : minutes;
        return Math.Round((price.Fee ?? 0) + (price.PerUnit ?? 0) * (decimal)units, 2, MidpointRounding.AwayFromZero);
    }

    static decimal? Average(IEnumerable<decimal?> values)
    {
        var known = values.OfType<decimal>().ToList();
        return known.Count == 0 ? null : Math.Round(known.Average(), 1, MidpointRounding.AwayFromZero);
    }

    static double Half(double value) => Math.Round(value, MidpointRounding.AwayFromZero);
}
