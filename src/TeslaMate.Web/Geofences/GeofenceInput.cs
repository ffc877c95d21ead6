using System.Globalization;
using Microsoft.AspNetCore.Http;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Web.Forms;

namespace TeslaMate.Web.Geofences;

/// <summary>The geofence form as typed, so that a refused text stays in its field (spec web 6.5).</summary>
public sealed record GeofenceInput
{
    /// <summary>The fields are sent as <c>geo_fence[name]</c>.</summary>
    public const string FormName = "geo_fence";

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

    /// <summary>What was typed, the numbers behind it, and every mistake: a text that is no number, and what the rules forbid.</summary>
    public static (GeofenceInput Input, GeofenceForm Form, IReadOnlyList<FieldError> Errors) Read(IFormCollection sent)
    {
        var fields = new FormReader(sent, FormName);
        var input = new GeofenceInput
        {
            Name = fields.Text("name") ?? "",
            Latitude = fields.Trimmed("latitude"),
            Longitude = fields.Trimmed("longitude"),
            Radius = fields.Trimmed("radius"),
            BillingType = fields.Trimmed("billing_type"),
            CostPerUnit = fields.Trimmed("cost_per_unit"),
            SessionFee = fields.Trimmed("session_fee"),
        };
        var form = new GeofenceForm
        {
            Name = input.Name.Contains('\0') ? null : input.Name,
            Latitude = (double?)fields.Number("latitude"),
            Longitude = (double?)fields.Number("longitude"),
            Radius = fields.Number("radius"),
            BillingType = input.BillingType,
            CostPerUnit = fields.Number("cost_per_unit"),
            SessionFee = fields.Number("session_fee"),
        };
        // A text that is no number is missing in the form, but not blank.
        var forbidden = GeofenceRules.Check(form).Where(forbidden => fields.Errors.All(error => error.Field != forbidden.Field));
        return (input, form, [.. fields.Errors, .. forbidden]);
    }

    static string Degrees(double value) => value.ToString("0.000000", CultureInfo.InvariantCulture);
}
