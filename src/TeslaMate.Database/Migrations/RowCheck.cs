using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using TeslaMate.Database.Schemas;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Finds rows that a planned version would refuse (spec migrations 12): values that do not fit a new type, nulls where a column becomes required,
/// and what new constraints forbid. One pass a table, however many rules it meets.
/// </summary>
sealed partial class RowCheck(Plan plan, IReadOnlyList<PlannedChange> changes, SchemaFacts live)
{
    /// <summary>A rule about the rows of one table, in the names that the database has now.</summary>
    /// <param name="Condition">True for a row that is refused.</param>
    sealed record Rule(string Table, string Columns, string Condition, string Cause, string Remedy);

    const long Units = 20190810105216;
    const long LongerSuspension = 20190814152810;
    const long SettingsPerCar = 20191117171307;
    const long RecomputedCharging = 20191212230527;

    const string City = """
        coalesce(t.raw -> 'address' -> 'city', t.raw -> 'address' -> 'town', t.raw -> 'address' -> 'municipality', t.raw -> 'address' -> 'village',
            t.raw -> 'address' -> 'hamlet', t.raw -> 'address' -> 'locality', t.raw -> 'address' -> 'croft')::text
        """;

    /// <summary>What versions forbid where the database has a column; <c>{version}</c> in a cause is the planned one's label.</summary>
    static readonly (long Version, string Column, Rule Rule)[] Constraints =
    [
        (20190729181314, "efficiency", new("public.trips", "id, efficiency", "t.efficiency = 0",
            "have the efficiency 0, which version {version} cannot invert",
            "update public.trips set efficiency = null where efficiency = 0;")),
        (20190821143938, "end_date", new("public.states", "id, car_id, start_date",
            "t.end_date is null and exists (select from public.states as other where other.car_id = t.car_id and other.end_date is null "
                + "and other.id <> t.id)",
            "are open beside another of the same car; version {version} allows one",
            "End all but the last of each car: update public.states set end_date = start_date where id = <id>;")),
        (20190821143938, "end_date", EndsBeforeStart("public.states")),
        (20190821143938, "end_date", EndsBeforeStart("public.updates")),
        (20190903151524, "vin", new("public.cars", "id, vin",
            "exists (select from public.cars as other where other.vin = t.vin and other.id <> t.id)",
            "share their VIN with another; version {version} allows one car per VIN",
            "Delete or correct all but one: update public.cars set vin = null where id = <id>;")),
        (20200306130218, "raw", new("public.addresses", "id, city",
            "(jsonb_typeof(t.raw -> 'address') = 'object' and t.raw -> 'address' ?| array['village', 'hamlet', 'locality', 'croft'] "
                + $"and length(trim(both '\"' from {City})) > 255)",
            "have a place's name of more than 255 characters, which version {version} cannot store",
            "Take the geocoder's answer away: update public.addresses set raw = null where id = <id>;")),
    ];

    // Addresses of before are thrown away by 20200120142602, and what refers to them is emptied.
    readonly bool _keepsAddresses = live.HasColumn("public.addresses", "osm_id");

    public async Task RunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var forward = changes.Where(change => !change.Run.Back).ToList();
        var rules = changes.SelectMany(ByType).Concat(forward.SelectMany(ByConstraint)).Concat(forward.SelectMany(ByForeignKey)).Concat(BySettings())
            .DistinctBy(rule => (rule.Table, rule.Condition));
        foreach (var table in rules.GroupBy(rule => rule.Table))
        {
            var counts = string.Join(", ", table.Select(rule => $"count(*) filter (where {rule.Condition})"));
            var refused = (await connection.ScalarAsync<long[]>($"select array[{counts}] from {table.Key} as t", cancellationToken))!;
            foreach (var (rule, count) in table.Zip(refused).Where(pair => pair.Second > 0))
            {
                var show = $"select {rule.Columns} from {table.Key} as t where {rule.Condition}";
                var examples = await connection.ScalarAsync<string>(
                    $"select string_agg(to_jsonb(shown)::text, ', ') from ({show} limit 3) as shown", cancellationToken);
                plan.Refuse($"{count} row{(count == 1 ? "" : "s")} of {table.Key} {rule.Cause}: {examples}{(count > 3 ? " ..." : "")}",
                    rule.Remedy, show + ";");
            }
        }

        await CheckSettingsAsync(connection, cancellationToken);
    }

    IEnumerable<Rule> ByType(PlannedChange change)
    {
        foreach (var (before, after) in change.ChangedColumns())
        {
            var (table, column) = change.Trail.Origin(before.Table!, before.ShortName);
            // Going back, the scripts themselves make do with tokens and missing values.
            if (after is null || !live.TryGetValue(("column", $"{table}.{column}"), out var now)
                || (change.Run.Back ? table.EndsWith(".tokens", StringComparison.Ordinal) : IsEmptied(table)))
                continue;
            var (type, isRequired, _) = after.Column;
            var (wasType, wasRequired, _) = before.Column;
            var shown = column == "id" ? "id" : live.HasColumn(table, "id") ? $"id, {column}" : column;
            if (type != wasType && Refusal($"t.{column}", now.Column.Type, type) is { } refusal)
            {
                // What is computed anew need not fit.
                if (Forward(RecomputedCharging) is not null && table == "public.charging_processes" && !IsIdentity(column))
                    refusal += " and (t.start_date is null or not exists (select from public.charges where charges.charging_process_id = t.id))";
                yield return new Rule(table, shown, refusal, $"have a {column} that does not fit {type}, its type from version {change.Run.Label} on",
                    Remedy(table, column, type, refusal, now.Column.IsRequired));
            }

            // Cars without VIN get a marker in the step itself.
            if (isRequired && !wasRequired && !change.Run.Back && column != "vin")
            {
                // Never by deleting: what was recorded of a car would go with it.
                var value = column switch
                {
                    "display_priority" => "1",
                    "start_date" => "(select date from public.positions where positions.id = t.position_id)",
                    _ => "<value>",
                };
                yield return new Rule(table, shown, $"t.{column} is null", $"have no {column}, which version {change.Run.Label} requires",
                    $"Fill them in: update {table} as t set {column} = {value} where t.{column} is null;");
            }
        }
    }

    static string Remedy(string table, string column, string type, string refusal, bool isRequired)
    {
        if (IsIdentity(column))
            return $"Give these rows of {table}, and what refers to them, smaller numbers, or delete them.";
        var corrected = !isRequired ? "null"
            : Numeric(type) is var (limit, scale) ? Nearest(limit - (1 / Power(scale)))
            : Varying.Match(type) is { Success: true } varying ? $"left({column}, {varying.Groups[1].Value})"
            : type == "smallint" ? Nearest(32767) : Nearest(2147483647);
        return $"Correct the values{(isRequired ? "" : ", or empty them")}: update {table} as t set {column} = {corrected} where {refusal};";

        string Nearest(decimal most) => string.Create(CultureInfo.InvariantCulture, $"least(greatest({column}, {-most}), {most})");
    }

    static bool IsIdentity(string column) => column == "id" || column.EndsWith("_id", StringComparison.Ordinal);

    bool IsEmptied(string table) => table == "public.addresses" && !_keepsAddresses;

    /// <summary>The condition for a value that the assignment cast to <paramref name="type"/> refuses; null when it takes all.</summary>
    static string? Refusal(string value, string from, string type)
    {
        if (type == "smallint")
            return from is "smallint" or "integer" or "bigint" ? $"{value} not between -32768 and 32767"
                : $"not ({value} >= -32768.5 and {value} < 32767.5)";
        if (type == "integer" && from != "smallint")
            return $"{value} not between -2147483648 and 2147483647";
        // The first comparison is cheap and settles nearly all rows. NaN fits any numeric.
        if (Numeric(type) is var (limit, scale))
            return string.Create(CultureInfo.InvariantCulture,
                $"(abs({value}) >= {limit} - 1 and {value} <> 'NaN' and abs(round({value}::numeric, {scale})) >= {limit})");
        return Varying.Match(type) is { Success: true } varying ? $"length({value}) > {varying.Groups[1].Value}" : null;
    }

    /// <summary>Of <c>numeric(p,s)</c> the smallest number that is too large, and the decimal places.</summary>
    static (decimal Limit, int Scale)? Numeric(string type)
    {
        if (NumericType.Match(type) is not { Success: true, Groups: var groups })
            return null;
        var scale = int.Parse(groups[2].ValueSpan, CultureInfo.InvariantCulture);
        return (Power(int.Parse(groups[1].ValueSpan, CultureInfo.InvariantCulture) - scale), scale);
    }

    static decimal Power(int ten) => (decimal)Math.Pow(10, ten);

    IEnumerable<Rule> ByConstraint(PlannedChange change)
        => from constraint in Constraints
           let rule = constraint.Rule
           where constraint.Version == change.Run.Version && live.HasColumn(rule.Table, constraint.Column) && !IsEmptied(rule.Table)
           select rule with { Cause = rule.Cause.Replace("{version}", change.Run.Label, StringComparison.Ordinal) };

    static Rule EndsBeforeStart(string table) => new(table, "id, start_date, end_date", "t.end_date < t.start_date",
        "end before they start, which version {version} forbids",
        $"update {table} set end_date = start_date where end_date < start_date;");

    /// <summary>A foreign key that the database should have already lets rows through that refer to nothing, if somebody has dropped it.</summary>
    IEnumerable<Rule> ByForeignKey(PlannedChange change)
    {
        foreach (var come in change.Change.Come)
        {
            if (come.Kind != "constraint" || ForeignKey.Match(come.Detail) is not { Success: true } key)
                continue;
            var (table, column) = change.Trail.Origin(come.Table!, key.Groups[1].Value);
            var target = change.Trail.Origin($"public.{key.Groups[2].Value}");
            var isGuarded = live.Values.Any(fact => fact.Kind == "constraint" && fact.Table == table
                && fact.Detail.StartsWith($"FOREIGN KEY ({column}) ", StringComparison.Ordinal)
                && !fact.Detail.EndsWith("NOT VALID", StringComparison.Ordinal));
            if (isGuarded || IsEmptied(target) || !live.TryGetValue(("column", $"{table}.{column}"), out var there) || !live.HasTable(target))
                continue;
            var orphan = $"t.{column} is not null and not exists (select from {target} as target where target.id = t.{column})";
            yield return new Rule(table, $"id, {column}", orphan,
                $"have a {column} that {target} does not have, which version {change.Run.Label} refuses",
                there.Column.IsRequired
                    ? $"They belong to nothing: delete from {table} as t where {orphan};"
                    : $"Empty them: update {table} as t set {column} = null where {orphan};");
        }
    }

    /// <summary>Settings are copied to every car, where other limits hold.</summary>
    IEnumerable<Rule> BySettings()
    {
        if (Forward(SettingsPerCar) is not { } label)
            return [];
        // Whatever is below the least is raised by the way.
        var least = Forward(LongerSuspension) is null ? 1 : int.MinValue;
        return from limit in new (string Column, int Least, int Most)[] { ("suspend_min", least, 90), ("suspend_after_idle_min", 1, 60) }
               where live.HasColumn("public.settings", limit.Column)
               select new Rule("public.settings", $"id, {limit.Column}",
                   $"t.{limit.Column} not between {limit.Least} and {limit.Most} and exists (select from public.cars)",
                   $"have a {limit.Column} that is not between 1 and {limit.Most}, which version {label} requires",
                   $"update public.settings set {limit.Column} = least(greatest({limit.Column}, 1), {limit.Most});");
    }

    /// <summary>The version's label if it is planned.</summary>
    string? Forward(long version)
        => changes.FirstOrDefault(change => change.Run is { Back: false } run && run.Version == version)?.Run.Label;

    async Task CheckSettingsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!live.HasTable("public.settings") || (Forward(Units) ?? Forward(SettingsPerCar)) is not { } needing)
            return;
        var rows = await connection.ScalarAsync<long>("select count(*) from public.settings", cancellationToken);
        if (rows != 1)
            plan.Refuse($"The table settings has {rows} rows; version {needing} needs exactly one.",
                rows == 0 ? "insert into public.settings (inserted_at, updated_at) values (now(), now());"
                    : "Delete all but one: delete from public.settings where id = <id>;",
                "select * from public.settings;");
    }

    [GeneratedRegex(@"^FOREIGN KEY \((\w+)\) REFERENCES (?:public\.)?(\w+)\(id\)")]
    static partial Regex ForeignKey { get; }

    [GeneratedRegex(@"^numeric\((\d+),(\d+)\)$")]
    static partial Regex NumericType { get; }

    [GeneratedRegex(@"^character varying\((\d+)\)$")]
    static partial Regex Varying { get; }
}
