using TeslaMate.Web.Charts;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Statistics;

/// <summary>What stands below a figure: how much of the facts it covers, or why it is missing.</summary>
static class Notes
{
    extension(StatisticsRequest request)
    {
        /// <summary>How much of the energy has a price; null without any energy.</summary>
        public string? Priced(double? coverage) => coverage is { } share
            ? request.Context.Texts["{0} % of the energy is priced", Percent(share)].Value : null;

        /// <summary>How much of the distance a consumption covers; null without any distance.</summary>
        public string? Covered(double? coverage) => coverage is { } share
            ? request.Context.Texts["of {0} % of the distance", Percent(share)].Value : null;

        /// <summary><see cref="Priced"/> for a cell of a table; null where all is, and where nothing is: there is no cost then.</summary>
        public string? PricedBriefly(double? coverage)
            => coverage is > 0 and < 1 and { } share ? request.Context.Texts["{0} % priced", Percent(share)].Value : null;

        /// <summary><see cref="Covered"/> for a cell of a table; null where it is all of it.</summary>
        public string? CoveredBriefly(double? coverage)
            => coverage is < 0.995 and { } share ? request.Context.Texts["of {0} %", Percent(share)].Value : null;

        /// <summary>Why there is no consumption.</summary>
        public string NoConsumption() => request.Context.Texts["needs a drive, and two charges of more than 10 min"];

        /// <summary>Why there is no price.</summary>
        public string NoPrice() => request.Context.Texts["needs a charge with a cost"];
    }

    // Whole, but never 100 while something is missing.
    static string Percent(double share) => Units.Fixed(share is > 0.99 and < 1 ? 99 : Math.Min(share, 1) * 100, 0);
}
