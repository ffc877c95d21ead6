using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TeslaMate.Logbook.HistoryChanges;

/// <summary>What kind of row an edit is about.</summary>
public enum EntryKind
{
    /// <summary>Rows of <c>drives</c>; their parts are positions.</summary>
    Drive,

    /// <summary>Rows of <c>charging_processes</c>; their parts are charges.</summary>
    Charge,
}

/// <summary>How a cost is given (spec logbook 7.8).</summary>
public enum CostMode
{
    /// <summary>The amount itself; null for no cost.</summary>
    Total,

    /// <summary>A price for each kWh of the greater of energy added and energy used.</summary>
    PerKwh,

    /// <summary>A price for each minute of the duration.</summary>
    PerMinute,
}

/// <summary>What becomes of the tags that are there.</summary>
public enum TagMode
{
    Replace,
    Add,
    Remove,
}

/// <summary>Which end of a drive a place is of; a charging process has only one.</summary>
public enum PlaceEnd
{
    Start,
    End,
}

/// <summary>
/// A change to what was logged (spec api 2.6): of drives and charging processes (<see cref="OfEntries"/>), or of a geofence. Closed.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(Merge), "merge")]
[JsonDerivedType(typeof(Split), "split")]
[JsonDerivedType(typeof(Trim), "trim")]
[JsonDerivedType(typeof(Delete), "delete")]
[JsonDerivedType(typeof(SetGeofence), "geofence")]
[JsonDerivedType(typeof(SetAddress), "address")]
[JsonDerivedType(typeof(SetCost), "cost")]
[JsonDerivedType(typeof(SetTags), "tags")]
[JsonDerivedType(typeof(SaveGeofence), "save_geofence")]
[JsonDerivedType(typeof(DeleteGeofence), "delete_geofence")]
public abstract record HistoryEdit
{
    /// <summary>The rows that one edit may change.</summary>
    public const int MostRows = 500;

    HistoryEdit() { }

    /// <summary>
    /// A change of drives or charging processes. All rows of one edit are of one car, ended, and at most <see cref="MostRows"/>.
    /// </summary>
    public abstract record OfEntries : HistoryEdit
    {
        private protected OfEntries(EntryKind kind, IReadOnlyList<int> ids)
        {
            Kind = kind;
            Ids = ids;
        }

        public EntryKind Kind { get; }

        /// <summary>Numbers of drives or charging processes.</summary>
        public IReadOnlyList<int> Ids { get; init; }

        /// <summary>Whether what the charges of a process amount to is computed anew, and so the efficiency of the car.</summary>
        internal bool ChangesEnergies => Kind is EntryKind.Charge && this is Merge or Split or Trim or Delete;
    }

    /// <summary>
    /// Makes one of consecutive ones with nothing between them, gaps below six hours and an odometer that does not fall. The first keeps its number;
    /// tags are united, costs and energies of charges added up.
    /// </summary>
    public sealed record Merge(EntryKind Kind, IReadOnlyList<int> Ids) : OfEntries(Kind, Ids);

    /// <summary>
    /// Makes two of one. The position or charge is the last of the first, and, as a copy, the first of the second; a cost is divided by energy.
    /// </summary>
    /// <param name="At">The number of the position or charge.</param>
    public sealed record Split(EntryKind Kind, int Id, int At) : OfEntries(Kind, [Id]);

    /// <summary>Cuts off what lies before and after two moments: positions stay without a drive, charges are deleted, a cost stays.</summary>
    /// <param name="From">Null: the beginning stays.</param>
    /// <param name="To">Null: the end stays.</param>
    public sealed record Trim(EntryKind Kind, int Id, DateTimeOffset? From, DateTimeOffset? To) : OfEntries(Kind, [Id]);

    /// <summary>Deletes rows: positions stay without a drive, charges go along.</summary>
    public sealed record Delete(EntryKind Kind, IReadOnlyList<int> Ids) : OfEntries(Kind, Ids);

    /// <summary>Says in which geofence something was, whatever the circle is; saving a geofence around it decides anew.</summary>
    /// <param name="Geofence">Null for none.</param>
    public sealed record SetGeofence(EntryKind Kind, IReadOnlyList<int> Ids, PlaceEnd End, int? Geofence) : OfEntries(Kind, Ids);

    /// <summary>Says at which of the known addresses something was; null has it looked up again.</summary>
    public sealed record SetAddress(EntryKind Kind, IReadOnlyList<int> Ids, PlaceEnd End, int? Address) : OfEntries(Kind, Ids);

    /// <summary>Sets the cost of charging processes by hand (spec logbook 7.8).</summary>
    /// <param name="Value">Null clears the cost; only with <see cref="CostMode.Total"/>.</param>
    public sealed record SetCost(IReadOnlyList<int> Ids, CostMode Mode, decimal? Value) : OfEntries(EntryKind.Charge, Ids);

    /// <summary>Sets tags: 20 at most, of 1 to 40 characters.</summary>
    public sealed record SetTags(EntryKind Kind, IReadOnlyList<int> Ids, TagMode Mode, IReadOnlyList<string> Tags) : OfEntries(Kind, Ids);

    /// <summary>Makes or changes a geofence; drives and charging processes of all cars follow it (spec logbook 9.3).</summary>
    /// <param name="Geofence">Its number; null for a new one.</param>
    /// <param name="BillingType"><c>per_kwh</c> or <c>per_minute</c>.</param>
    /// <param name="PricePast">Whether charging processes in it without a cost get one (spec logbook 9.5).</param>
    public sealed record SaveGeofence(
        int? Geofence, string Name, double Latitude, double Longitude, short RadiusM, string BillingType, decimal? CostPerUnit, decimal? SessionFee,
        bool PricePast) : HistoryEdit;

    /// <summary>Deletes a geofence; what it held goes to the ones below it.</summary>
    public sealed record DeleteGeofence(int Geofence, string Name) : HistoryEdit;

    /// <summary>
    /// What was asked for, for programs: member <c>do</c> says which edit it is, the others are its parameters, in the words they are asked with.
    /// </summary>
    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, ProgramHistoryJson.Default.HistoryEdit);

    /// <summary>In English, as a line of the journal and of the command line has it.</summary>
    public sealed override string ToString()
    {
        if (this is not OfEntries edit)
        {
            return this switch
            {
                SaveGeofence { Geofence: null } made => $"new geofence {made.Name}",
                SaveGeofence { Geofence: { } geofence } saved => EditRules.Text($"geofence {geofence}: {saved.Name}"),
                DeleteGeofence(var geofence, var name) => EditRules.Text($"delete geofence {geofence}, {name}"),
                _ => throw new UnreachableException(),
            };
        }

        var table = EntryTable.Of(edit.Kind);
        var rows = $"{table.Noun}{(edit.Ids.Count == 1 ? "" : "s")} {string.Join(", ", edit.Ids)}";
        return this switch
        {
            Merge => $"merge {rows}",
            Split(_, _, var at) => EditRules.Text($"split {rows} at {table.Part} {at}"),
            Trim(_, _, var from, var to) => EditRules.Text($"trim {rows} to {from:yyyy-MM-ddTHH:mm:ss.FFFZ} - {to:yyyy-MM-ddTHH:mm:ss.FFFZ}"),
            Delete => $"delete {rows}",
            SetGeofence(_, _, var end, var geofence) => Place("geofence", end, geofence),
            SetAddress(_, _, var end, var address) => Place("address", end, address),
            SetCost(_, var mode, var value) => EditRules.Text($"cost of {rows}: {value?.ToString(CultureInfo.InvariantCulture) ?? "none"} ({mode})"),
            SetTags(_, _, TagMode.Add, var tags) => $"tags of {rows}: + {string.Join(", ", tags)}",
            SetTags(_, _, TagMode.Remove, var tags) => $"tags of {rows}: - {string.Join(", ", tags)}",
            SetTags(_, _, _, var tags) => $"tags of {rows}: {string.Join(", ", tags)}",
            _ => throw new UnreachableException(),
        };

        string Place(string what, PlaceEnd end, int? id)
        {
            var where = edit.Kind is EntryKind.Charge ? "place" : end is PlaceEnd.Start ? "start" : "end";
            return $"{what} at the {where} of {rows}: {id?.ToString(CultureInfo.InvariantCulture) ?? "none"}";
        }
    }
}

/// <summary>How an edit looks in the table of changes. A later version must still read what an earlier one left there: add, never rename.</summary>
// jsonb keeps members in an order of its own.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true, AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(HistoryEdit))]
sealed partial class HistoryJson : JsonSerializerContext;

/// <summary>How an edit looks to programs (spec api 2.1): enums are words such as <c>per_kwh</c>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(Words<EntryKind>), typeof(Words<CostMode>), typeof(Words<TagMode>), typeof(Words<PlaceEnd>)])]
[JsonSerializable(typeof(HistoryEdit))]
sealed partial class ProgramHistoryJson : JsonSerializerContext;

/// <summary>An enum as words in lower case, with underscores between them.</summary>
sealed class Words<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower)
    where T : struct, Enum;
