using System.Globalization;
using Microsoft.AspNetCore.Http;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Geofences;

/// <summary>The geofence form as typed, so that a refused text stays in its field (spec web 6.5).</summary>
public sealed record GeofenceInput
{
    public const string DefaultRadius = "20";

    public string Name { get; init; } = "";

    public string Latitude { get; init; } = "";

    public string Longitude { get; init; } = "";

    /// <summary>Metres.</summary>
    public string Radius { get; init; } = DefaultRadius;

    public string BillingType { get; init; } = "per_kwh";

    public string CostPerUnit { get; init; } = "";

    public string SessionFee { get; init; } = "";

    public static GeofenceInput At(double latitude, double longitude) => new() { Latitude = Degrees(latitude), Longitude = Degrees(longitude) };

    public static GeofenceInput Of(Geofence geofence) => At(geofence.Latitude, geofence.Longitude) with
    {
        Name = geofence.Name,
        Radius = geofence.RadiusM.ToString(CultureInfo.InvariantCulture),
        BillingType = geofence.BillingType == Logbook.Geofences.BillingType.PerMinute ? "per_minute" : "per_kwh",
        CostPerUnit = geofence.CostPerUnit?.ToString(CultureInfo.InvariantCulture) ?? "",
        SessionFee = geofence.SessionFee?.ToString(CultureInfo.InvariantCulture) ?? "",
    };

    public static GeofenceInput Of(IFormCollection form) => new()
    {
        Name = form["geo_fence[name]"].ToString(),
        Latitude = form["geo_fence[latitude]"].ToString().Trim(),
        Longitude = form["geo_fence[longitude]"].ToString().Trim(),
        Radius = form["geo_fence[radius]"].ToString().Trim(),
        BillingType = form["geo_fence[billing_type]"].ToString().Trim(),
        CostPerUnit = form["geo_fence[cost_per_unit]"].ToString().Trim(),
        SessionFee = form["geo_fence[session_fee]"].ToString().Trim(),
    };

    /// <summary>The numbers behind the texts, and every mistake: a text that is no number, and what the rules forbid.</summary>
    public (GeofenceForm Form, IReadOnlyList<FieldError> Errors) Parse()
    {
        var errors = new List<FieldError>();
        var form = new GeofenceForm
        {
            Name = Name.Contains('\0') ? null : Name,
            Latitude = (double?)Number("latitude", Latitude),
            Longitude = (double?)Number("longitude", Longitude),
            Radius = Number("radius", Radius),
            BillingType = BillingType,
            CostPerUnit = Number("cost_per_unit", CostPerUnit),
            SessionFee = Number("session_fee", SessionFee),
        };
        // A text that is no number is missing in the form, but not blank.
        return (form, [.. errors, .. GeofenceRules.Check(form).Where(forbidden => errors.All(error => error.Field != forbidden.Field))]);

        decimal? Number(string field, string text)
        {
            if (text.Length == 0)
                return null;
            if (Decimals.Parse(text) is { } number)
                return number;
            errors.Add(new FieldError(field, "is invalid"));
            return null;
        }
    }

    static string Degrees(double value) => value.ToString("0.000000", CultureInfo.InvariantCulture);
}
