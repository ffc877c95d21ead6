namespace TeslaMate.Web.Layout;

/// <summary>How a place is called (spec web 11.2): its geofence, else the address's name or road with number, then the city.</summary>
static class PlaceLabel
{
    /// <summary>The SQL expression for a joined geofence and address; null where neither says anything.</summary>
    public static string Sql(string geofence, string address)
        => $"coalesce({geofence}.name, nullif(concat_ws(', ', coalesce({address}.name, nullif(concat_ws(' ', {address}.road, "
            + $"{address}.house_number), '')), {address}.city), ''))";
}
