using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Logbook.HistoryChanges;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate history</c>: changes what was logged, while the service runs, and takes changes back (spec api 2.6).</summary>
static partial class HistoryCommands
{
    const string Author = "command line";

    static readonly AnswerJson Json = new(new(AnswerJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <param name="variables">Null for the environment, read when the verb runs.</param>
    public static Command Create(Variables? variables = null) => new(
        "history", "Change what was logged: merge, split, trim, delete, places, costs, tags; every change can be undone for 90 days.")
    {
        List(variables), Show(variables), Undo(variables), Merge(variables), Split(variables), Trim(variables), Delete(variables), Place(variables),
        Cost(variables), Tag(variables),
    };

    static Command List(Variables? variables)
    {
        var car = new Option<short?>("--car")
        {
            Description = "Only this car's changes.",
            HelpName = "ID",
            CustomParser = Parsers.NumberOrNone<short>(Parsers.WholeNumber, "--car 1"),
        };
        var limit = new Option<int>("--limit")
        {
            Description = "How many, the newest first.",
            DefaultValueFactory = _ => 50,
            HelpName = "N",
            CustomParser = Parsers.Number<int>("a whole number above 0", "--limit 50", limit => limit > 0),
        };
        var json = JsonOption();
        var command = new Command("list", "List the changes of the last 90 days, newest first.") { car, limit, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(variables, parsed, async (editor, output, _) =>
        {
            CarId[]? cars = parsed.GetValue(car) is { } id ? [new CarId(id)] : null;
            var changes = await editor.ListAsync(cars, before: null, Math.Clamp(parsed.GetValue(limit), 1, 1000), cancellationToken);
            if (parsed.GetValue(json))
                await output.WriteLineAsync(JsonSerializer.Serialize([.. changes.Select(ChangeAnswer.Of)], Json.ChangeAnswerArray));
            else if (changes.Count == 0)
                await output.WriteLineAsync("Nothing was changed in the last 90 days.");
            foreach (var change in parsed.GetValue(json) ? [] : changes)
                await output.WriteLineAsync(Line(change));
            return ExitCode.Ok;
        }));
        return command;
    }

    static Command Show(Variables? variables)
    {
        var (id, json) = (ChangeId(), JsonOption());
        var command = new Command("show", "Show the rows of a change before and after it.") { id, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(variables, parsed, async (editor, output, error) =>
        {
            if (await editor.FindAsync(parsed.GetValue(id), cancellationToken) is { } detail)
            {
                await WriteAsync(output, detail, parsed.GetValue(json));
                return ExitCode.Ok;
            }

            await error.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"There is no change {parsed.GetValue(id)}, or it is older than 90 days."));
            return ExitCode.Failure;
        }));
        return command;
    }

    static Command Undo(Variables? variables)
    {
        var (id, json) = (ChangeId(), JsonOption());
        var command = new Command("undo", "Give the rows of a change back as they were; refused when anything touched them since.") { id, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(variables, parsed, async (editor, output, error) =>
        {
            var answer = await editor.UndoAsync(parsed.GetValue(id), Author, cancellationToken);
            return await AnswerAsync(answer, output, error, parsed.GetValue(json), isDryRun: false);
        }));
        return command;
    }

    static Command Merge(Variables? variables)
    {
        var (kind, ids) = (Kind(), Ids());
        return Edit(variables, "merge", "Make one of consecutive drives or charges with nothing between them and gaps below six hours.", [kind, ids],
            (parsed, _, _) => Known(new HistoryEdit.Merge(parsed.GetValue(kind), parsed.GetValue(ids)!)));
    }

    static Command Split(Variables? variables)
    {
        var (kind, id) = (Kind(), Id());
        var at = Moment("--at", "When: the first position or reading from then on is the border. UTC unless it says otherwise.");
        var row = IdOption("--row", "The id of the position or reading that is the border.");
        const string description = "Make two drives or charges of one; the border belongs to both.";
        return Edit(variables, "split", description, [kind, id, at, row], async (parsed, editor, cancellationToken) =>
        {
            var border = parsed.GetValue(row);
            if (border is null && parsed.GetValue(at) is { } time)
                border = await editor.RowAtAsync(parsed.GetValue(kind), parsed.GetValue(id), time, cancellationToken);
            return border is { } found ? new HistoryEdit.Split(parsed.GetValue(kind), parsed.GetValue(id), found) : null;
        }, missing: "Nothing is there to split at: give --at TIME within it, or --row ID.");
    }

    static Command Trim(Variables? variables)
    {
        var (kind, id) = (Kind(), Id());
        var from = Moment("--from", "The new beginning. UTC unless it says otherwise.");
        var to = Moment("--to", "The new end.");
        return Edit(
            variables, "trim",
            "Cut off the beginning or the end of a drive or charge. Positions stay without a drive, readings of a charge are deleted.",
            [kind, id, from, to],
            (parsed, _, _) => Known(new HistoryEdit.Trim(parsed.GetValue(kind), parsed.GetValue(id), parsed.GetValue(from), parsed.GetValue(to))));
    }

    static Command Delete(Variables? variables)
    {
        var (kind, ids) = (Kind(), Ids());
        return Edit(variables, "delete", "Delete drives or charges. Positions stay without a drive, readings of a charge go along.", [kind, ids],
            (parsed, _, _) => Known(new HistoryEdit.Delete(parsed.GetValue(kind), parsed.GetValue(ids)!)));
    }

    static Command Place(Variables? variables)
    {
        var (kind, ids) = (Kind(), Ids());
        var end = new Option<PlaceEnd>("--end")
        {
            Description = "Which end of a drive.",
            DefaultValueFactory = _ => PlaceEnd.End,
            CustomParser = Parsers.Choice<PlaceEnd>(),
        };
        var geofence = IdOption("--geofence", "The id of a geofence, 0 for none.");
        var address = IdOption("--address", "The id of an address; 0 has it looked up again.");
        const string description = "Say in which geofence or at which address drives began or ended, or charges were.";
        return Edit(variables, "place", description, [kind, ids, end, geofence, address], (parsed, _, _) =>
        {
            var (drives, at) = (parsed.GetValue(ids)!, parsed.GetValue(end));
            return Task.FromResult<HistoryEdit.OfEntries?>((parsed.GetValue(geofence), parsed.GetValue(address)) switch
            {
                ({ } fence, null) => new HistoryEdit.SetGeofence(parsed.GetValue(kind), drives, at, fence == 0 ? null : fence),
                (null, { } place) => new HistoryEdit.SetAddress(parsed.GetValue(kind), drives, at, place == 0 ? null : place),
                _ => null,
            });
        }, missing: "Give one of --geofence ID and --address ID.");
    }

    static Command Cost(Variables? variables)
    {
        var ids = Ids();
        var value = new Option<decimal?>("--value")
        {
            Description = "The amount, or the price for a kWh or minute; left out, the cost is cleared.",
            HelpName = "AMOUNT",
            CustomParser = Parsers.NumberOrNone<decimal>("a number", "--value 12.34"),
        };
        var mode = new Option<CostMode>("--mode")
        {
            Description = "What the amount is for.",
            DefaultValueFactory = _ => CostMode.Total,
            CustomParser = Parsers.Choice<CostMode>(),
        };
        return Edit(variables, "cost", "Set the cost of charges.", [ids, value, mode],
            (parsed, _, _) => Known(new HistoryEdit.SetCost(parsed.GetValue(ids)!, parsed.GetValue(mode), parsed.GetValue(value))));
    }

    static Command Tag(Variables? variables)
    {
        var (kind, ids) = (Kind(), Ids());
        var set = new Option<string[]>("--set") { Description = "These tags and no others.", HelpName = "TAG" };
        var add = new Option<string[]>("--add") { Description = "These tags too.", HelpName = "TAG" };
        var remove = new Option<string[]>("--remove") { Description = "Not these tags.", HelpName = "TAG" };
        var clear = new Option<bool>("--clear") { Description = "No tags." };
        const string description = "Set the tags of drives or charges: 20 at most, of 1 to 40 characters.";
        return Edit(variables, "tag", description, [kind, ids, set, add, remove, clear], (parsed, _, _) =>
        {
            (TagMode Mode, string[]? Tags)[] given =
            [
                (TagMode.Replace, parsed.GetValue(set)), (TagMode.Add, parsed.GetValue(add)), (TagMode.Remove, parsed.GetValue(remove)),
            ];
            var wanted = given.Where(option => option.Tags is { Length: > 0 }).ToList();
            if (parsed.GetValue(clear))
                wanted.Add((TagMode.Replace, []));
            return Task.FromResult<HistoryEdit.OfEntries?>(
                wanted is [var (how, tags)] ? new HistoryEdit.SetTags(parsed.GetValue(kind), parsed.GetValue(ids)!, how, tags!) : null);
        }, missing: "Give one of --set, --add, --remove and --clear.");
    }

    /// <param name="edit">Null when the options do not make one; then <paramref name="missing"/> says so.</param>
    static Command Edit(
        Variables? variables, string name, string description, Symbol[] symbols,
        Func<ParseResult, IHistoryEditor, CancellationToken, Task<HistoryEdit.OfEntries?>> edit, string missing = "")
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would change, and change nothing." };
        var json = JsonOption();
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Add(argument);
            else
                command.Add((Option)symbol);
        }

        command.Add(dryRun);
        command.Add(json);
        command.SetAction((parsed, cancellationToken) => RunAsync(variables, parsed, async (editor, output, error) =>
        {
            if (await edit(parsed, editor, cancellationToken) is not { } wanted)
            {
                await error.WriteLineAsync(missing);
                return ExitCode.Usage;
            }

            var isDryRun = parsed.GetValue(dryRun);
            var answer = isDryRun
                ? await editor.PreviewAsync(wanted, cancellationToken)
                : await editor.ApplyAsync(wanted, Author, version: null, key: null, cancellationToken);
            return await AnswerAsync(answer, output, error, parsed.GetValue(json), isDryRun);
        }));
        return command;
    }

    static Task<HistoryEdit.OfEntries?> Known(HistoryEdit.OfEntries edit) => Task.FromResult<HistoryEdit.OfEntries?>(edit);

    static Task<int> RunAsync(Variables? given, ParseResult parsed, Func<IHistoryEditor, TextWriter, TextWriter, Task<int>> run)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        return Verbs.WithLogbookAsync(given ?? Variables.FromEnvironment(), error,
            services => run(services.GetRequiredService<IHistoryEditor>(), output, error));
    }

    static async Task<int> AnswerAsync(EditAnswer answer, TextWriter output, TextWriter error, bool isJson, bool isDryRun)
    {
        if (answer is not EditAnswer.Done { Detail: var detail })
        {
            await error.WriteLineAsync(((EditAnswer.Refused)answer).Text);
            return ExitCode.Failure;
        }

        await WriteAsync(output, detail, isJson);
        if (isDryRun && !isJson)
            await output.WriteLineAsync("Nothing was changed.");
        return ExitCode.Ok;
    }

    static async Task WriteAsync(TextWriter output, HistoryDetail detail, bool isJson)
    {
        if (isJson)
        {
            var answer = new DetailAnswer(
                ChangeAnswer.Of(detail.Change),
                detail.Rows,
                [.. detail.Moves.Select(move => new MoveAnswer(move.Kind, move.Before, move.After, move.Count))]);
            await output.WriteLineAsync(JsonSerializer.Serialize(answer, Json.DetailAnswer));
            return;
        }

        await output.WriteLineAsync(Line(detail.Change));
        foreach (var line in Lines(detail))
            await output.WriteLineAsync("  " + line);
    }

    static IEnumerable<string> Lines(HistoryDetail detail)
    {
        foreach (var row in detail.Rows)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{row.Kind} {row.Id}");
            yield return (row.Before, row.After) switch
            {
                ({ ValueKind: JsonValueKind.Object } before, { ValueKind: JsonValueKind.Object } after)
                    => $"{name}: {string.Join(", ", Differences(before, after))}",
                ({ ValueKind: JsonValueKind.Array } before, { ValueKind: JsonValueKind.Array } after) when row.Kind == "charges"
                    => string.Create(CultureInfo.InvariantCulture, $"{name}: {before.GetArrayLength()} readings -> {after.GetArrayLength()}"),
                (null, _) => $"{name}: new",
                (_, null) => $"{name}: deleted",
                var (before, after) => $"{name}: {before} -> {after}",
            };
        }

        foreach (var move in detail.Moves)
            yield return string.Create(CultureInfo.InvariantCulture, $"{move.Count} {move.Kind}: {Number(move.Before)} -> {Number(move.After)}");

        static string Number(int? id) => id?.ToString(CultureInfo.InvariantCulture) ?? "none";
    }

    static IEnumerable<string> Differences(JsonElement before, JsonElement after)
    {
        foreach (var name in before.EnumerateObject().Concat(after.EnumerateObject()).Select(property => property.Name).Distinct())
        {
            var (was, becomes) = (Text(before, name), Text(after, name));
            if (was != becomes)
                yield return $"{name} {was} -> {becomes}";
        }

        static string Text(JsonElement row, string name)
            => row.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value.ToString() : "none";
    }

    static string Line(HistoryChange change)
    {
        var name = change.Id > 0 ? $"change {change.Id}, " : "";
        var undone = change.UndoneAt is { } at ? $", undone {at:yyyy-MM-dd HH:mm:ss}Z by {change.UndoneBy}" : "";
        var author = change.Author.Length > 0 ? $" by {change.Author}" : "";
        var car = change.Car is { } known ? $"car {known}, " : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"{name}{car}{change.At:yyyy-MM-dd HH:mm:ss}Z{author}: {change.Edit}{undone}");
    }

    static Argument<EntryKind> Kind() => new("KIND") { Description = "drive or charge.", CustomParser = Parsers.Choice<EntryKind>() };

    static Argument<int> Id() => new("ID")
    {
        Description = "Its id, as in the address of its page.",
        CustomParser = Parsers.Number<int>(Parsers.WholeNumber, "7"),
    };

    static Option<int?> IdOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "ID",
        CustomParser = Parsers.NumberOrNone<int>(Parsers.WholeNumber, $"{name} 7"),
    };

    static Argument<int[]> Ids() => new("IDS")
    {
        Description = "Their ids.",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = Parsers.WholeNumbers("7 8"),
    };

    static Argument<long> ChangeId() => new("CHANGE")
    {
        Description = "The change's number, as list shows it.",
        CustomParser = Parsers.Number<long>(Parsers.WholeNumber, "3"),
    };

    static Option<DateTimeOffset?> Moment(string name, string description)
        => new(name) { Description = description, HelpName = "TIME", CustomParser = Time };

    static Option<bool> JsonOption() => new("--json") { Description = "Write JSON, for programs." };

    static DateTimeOffset? Time(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (DateTimeOffset.TryParse(result.Tokens[^1].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return time;
        result.AddError($"\"{result.Tokens[^1].Value}\" is no time. Example: 2026-07-04T08:15:00Z");
        return null;
    }

    sealed record ChangeAnswer(
        long Id, short? CarId, DateTimeOffset At, string Author, JsonElement Edit, string Summary, DateTimeOffset? UndoneAt, string? UndoneBy)
    {
        public static ChangeAnswer Of(HistoryChange change) => new(
            change.Id, change.Car?.Value, change.At, change.Author, change.Edit.ToJson(), change.Edit.ToString(), change.UndoneAt, change.UndoneBy);
    }

    sealed record MoveAnswer(string Kind, int? From, int? To, int Count);

    sealed record DetailAnswer(ChangeAnswer Change, IReadOnlyList<ChangedRow> Rows, IReadOnlyList<MoveAnswer> Moves);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(ChangeAnswer[]))]
    [JsonSerializable(typeof(DetailAnswer))]
    sealed partial class AnswerJson : JsonSerializerContext;
}
