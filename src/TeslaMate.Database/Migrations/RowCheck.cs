using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

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

    /// <summary>The version that takes charging processes from their charges anew.</summary>
    const long RecomputedCharging = 20191212230527;

    // Addresses of before are thrown away by 20200120142602, and what refers to them is emptied.
    readonly bool _keepsAddresses = live.HasColumn("public.addresses", "osm_id");

    public async Task RunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var forward = changes.Where(change => !change.Run.Back).ToList();
        var rules = changes.SelectMany(ByType).Concat(forward.SelectMany(ByConstraint)).Concat(forward.SelectMany(ByForeignKey)).Concat(BySettings())
            .DistinctBy(rule => (rule.Table, rule.Condition));
        foreach (var table in rules.GroupBy(rule => rule.Table))
        {
            Rule[] all = [.. table];
            var counts = string.Join(", ", all.Select(rule => $"count(*) filter (where {rule.Condition})"));
            var refused = (await connection.ScalarAsync<long[]>($"select array[{counts}] from {table.Key} as t", cancellationToken))!;
            for (var i = 0; i < all.Length; i++)
            {
                if (refused[i] == 0)
                    continue;
                var show = $"select {all[i].Columns} from {table.Key} as t where {all[i].Condition}";
                List<string> examples = [];
                await foreach (var row in connection.RowsAsync($"select (to_jsonb(shown))::text from ({show} limit 3) as shown", cancellationToken))
                    examples.Add(row.GetString(0));
                plan.Errors.Add(new PreflightError(
                    $"{refused[i]} row{(refused[i] == 1 ? "" : "s")} of {table.Key} {all[i].Cause}: "
                        + $"{string.Join(", ", examples)}{(refused[i] > examples.Count ? " ..." : "")}",
                    all[i].Remedy, show + ";"));
            }
        }

        await CheckSettingsAsync(connection, cancellationToken);
    }

    /// <summary>Types become narrower, columns required.</summary>
    IEnumerable<Rule> ByType(PlannedChange change)
    {
        foreach (var (before, after) in change.ChangedColumns())
        {
            var (table, column) = change.Trail.Origin(before.Table!, before.ShortName);
            // Going back, the scripts themselves make do with tokens and missing values.
            if (after is null || !live.TryGetValue(("column", $"{table}.{column}"), out var now)
                || (change.Run.Back && table.EndsWith(".tokens", StringComparison.Ordinal)))
                continue;
            if (!change.Run.Back && table == "public.addresses" && !_keepsAddresses)
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
            : Numeric.Match(type) is { Success: true } numeric ? Nearest(Limit(numeric) - Step(numeric))
            : Varying.Match(type) is { Success: true } varying ? $"left({column}, {varying.Groups[1].Value})"
            : type == "smallint" ? Nearest(32767) : Nearest(2147483647);
        return $"Correct the values{(isRequired ? "" : ", or empty them")}: update {table} as t set {column} = {corrected} where {refusal};";

        string Nearest(decimal most) => string.Create(CultureInfo.InvariantCulture, $"least(greatest({column}, {-most}), {most})");
    }

    static bool IsIdentity(string column) => column == "id" || column.EndsWith("_id", StringComparison.Ordinal);

    /// <summary>The condition for a value that the assignment cast to <paramref name="type"/> refuses; null when it takes all.</summary>
    static string? Refusal(string value, string from, string type)
    {
        var isExact = from is "smallint" or "integer" or "bigint";
        if (type == "smallint")
            return isExact ? $"{value} not between -32768 and 32767" : $"not ({value} >= -32768.5 and {value} < 32767.5)";
        if (type == "integer" && from != "smallint")
            return $"{value} not between -2147483648 and 2147483647";
        if (Numeric.Match(type) is { Success: true } numeric)
        {
            var limit = Limit(numeric).ToString(CultureInfo.InvariantCulture);
            // The first comparison is cheap and settles nearly all rows. NaN fits any numeric.
            return $"(abs({value}) >= {limit} - 1 and {value} <> 'NaN' and abs(round({value}::numeric, {Scale(numeric)})) >= {limit})";
        }

        return Varying.Match(type) is { Success: true } varying ? $"length({value}) > {varying.Groups[1].Value}" : null;
    }

    /// <summary>The smallest number that is too large for <c>numeric(p,s)</c>.</summary>
    static decimal Limit(Match numeric) => Power(int.Parse(numeric.Groups[1].ValueSpan, CultureInfo.InvariantCulture) - Scale(numeric));

    static decimal Step(Match numeric) => 1 / Power(Scale(numeric));

    static int Scale(Match numeric) => int.Parse(numeric.Groups[2].ValueSpan, CultureInfo.InvariantCulture);

    static decimal Power(int ten) => (decimal)Math.Pow(10, ten);

    IEnumerable<Rule> ByConstraint(PlannedChange change)
    {
        switch (change.Run.Version)
        {
            case 20190729181314 when live.HasColumn("public.trips", "efficiency"):
                yield return new Rule("public.trips", "id, efficiency", "t.efficiency = 0",
                    $"have the efficiency 0, which version {change.Run.Label} cannot invert",
                    "update public.trips set efficiency = null where efficiency = 0;");
                break;
            case 20190821143938:
                if (live.HasColumn("public.states", "end_date"))
                {
                    yield return new Rule("public.states", "id, car_id, start_date",
                        "t.end_date is null and exists (select from public.states as other where other.car_id = t.car_id and other.end_date is "
                            + "null and other.id <> t.id)",
                        $"are open beside another of the same car; version {change.Run.Label} allows one",
                        "End all but the last of each car: update public.states set end_date = start_date where id = <id>;");
                    yield return EndsBeforeStart("public.states");
                }

                if (live.HasColumn("public.updates", "end_date"))
                    yield return EndsBeforeStart("public.updates");
                break;
            case 20190903151524 when live.HasColumn("public.cars", "vin"):
                yield return new Rule("public.cars", "id, vin",
                    "exists (select from public.cars as other where other.vin = t.vin and other.id <> t.id)",
                    $"share their VIN with another; version {change.Run.Label} allows one car per VIN",
                    "Delete or correct all but one: update public.cars set vin = null where id = <id>;");
                break;
            case 20200306130218 when _keepsAddresses && live.HasColumn("public.addresses", "raw"):
                const string City = """
                    coalesce(t.raw -> 'address' -> 'city', t.raw -> 'address' -> 'town', t.raw -> 'address' -> 'municipality',
                        t.raw -> 'address' -> 'village',
                             t.raw -> 'address' -> 'hamlet', t.raw -> 'address' -> 'locality', t.raw -> 'address' -> 'croft')::text
                    """;
                yield return new Rule("public.addresses", "id, city", $"""
                    (jsonb_typeof(t.raw -> 'address') = 'object' and t.raw -> 'address' ?| array['village', 'hamlet', 'locality', 'croft']
                        and length(trim(both '"' from {City})) > 255)
                    """, $"have a place's name of more than 255 characters, which version {change.Run.Label} cannot store",
                    "Take the geocoder's answer away: update public.addresses set raw = null where id = <id>;");
                break;
        }

        Rule EndsBeforeStart(string table) => new(table, "id, start_date, end_date", "t.end_date < t.start_date",
            $"end before they start, which version {change.Run.Label} forbids",
            $"update {table} set end_date = start_date where end_date < start_date;");
    }

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
            var isEmptied = target == "public.addresses" && !_keepsAddresses;
            if (isGuarded || isEmptied || !live.TryGetValue(("column", $"{table}.{column}"), out var there) || !live.HasTable(target))
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
            yield break;
        // Whatever is below the least is raised by the way.
        var least = Forward(LongerSuspension) is null ? 1 : int.MinValue;
        foreach (var (column, most) in new[] { ("suspend_min", 90), ("suspend_after_idle_min", 60) })
        {
            if (live.HasColumn("public.settings", column))
            {
                yield return new Rule("public.settings", $"id, {column}",
                    $"t.{column} not between {(column == "suspend_min" ? least : 1)} and {most} and exists (select from public.cars)",
                    $"have a {column} that is not between 1 and {most}, which version {label} requires",
                    $"update public.settings set {column} = least(greatest({column}, 1), {most});");
            }
        }
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
        {
            plan.Errors.Add(new PreflightError($"The table settings has {rows} rows; version {needing} needs exactly one.",
                rows == 0 ? "insert into public.settings (inserted_at, updated_at) values (now(), now());" : "Delete all but one: delete from "
                    + "public.settings where id = <id>;",
                "select * from public.settings;"));
        }
    }

    [GeneratedRegex(@"^FOREIGN KEY \((\w+)\) REFERENCES (?:public\.)?(\w+)\(id\)")]
    static partial Regex ForeignKey { get; }

    [GeneratedRegex(@"^numeric\((\d+),(\d+)\)$")]
    static partial Regex Numeric { get; }

    [GeneratedRegex(@"^character varying\((\d+)\)$")]
    static partial Regex Varying { get; }
}
