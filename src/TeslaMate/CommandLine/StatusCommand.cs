using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using TeslaMate.Database.Migrations;
using TeslaMate.Database.Schemas;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate status</c>: where the database stands.</summary>
static partial class StatusCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Write one JSON object, for programs." };
        var check = new Option<bool>("--check")
        {
            Description = "Compare the tables with what their version should have made them, and fail if "
            + "they differ."
        };
        var wait = DatabaseCommand.WaitOption();
        var command = new Command("status", "Say which versions the database has and which are pending; changes nothing.") { json, check, wait };
        command.SetAction((parsed, cancellationToken) => DatabaseCommand.RunAsync(parsed, parsed.GetValue(wait), async (migrator, _, _) =>
        {
            var state = await migrator.StateAsync(cancellationToken);
            var differences = parsed.GetValue(check) ? await migrator.CheckAsync(cancellationToken) : null;
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
                await output.WriteLineAsync(
                    JsonSerializer.Serialize(Report.Of(state, differences, TimeProvider.System.GetUtcNow()), Json.Default.Report));
            else
                Write(output, state, differences, TimeProvider.System.GetUtcNow());
            var isSound = state.ChecksumMismatches.Count == 0 && !state.Newer.Any() && differences is null or { Count: 0 };
            return differences is null || isSound ? ExitCode.Ok : ExitCode.Failure;
        }, cancellationToken));
        return command;
    }

    static void Write(TextWriter output, SchemaState state, IReadOnlyList<SchemaDifference>? differences, DateTimeOffset now)
    {
        foreach (var version in state.Applied)
            output.WriteLine($"applied  {version.Version} {version.Name ?? "(unknown to this program)"}  {version.At:yyyy-MM-dd HH:mm:ss}");
        foreach (var version in state.OwnApplied)
            output.WriteLine($"applied  teslamate {version.Version} {version.Name ?? "(unknown to this program)"}  {version.At:yyyy-MM-dd HH:mm:ss}");
        foreach (var version in state.Pending)
            output.WriteLine($"pending  {version.Version} {version.Name}");
        foreach (var version in state.OwnPending)
            output.WriteLine($"pending  teslamate {version.Version} {version.Name}");
        foreach (var file in state.PendingRepeatables)
            output.WriteLine($"pending  teslamate {file}");
        output.WriteLine();
        output.WriteLine($"{state.Applied.Count} applied, {state.Pending.Count} pending; schema teslamate: {state.OwnApplied.Count} applied, "
            + $"{state.OwnPending.Count} pending");
        if (state.LastMigratedAt is { } last)
            output.WriteLine($"last migration {(long)(now - last).TotalSeconds} s ago ({last:yyyy-MM-dd HH:mm:ss} UTC)");
        output.WriteLine($"PostgreSQL {state.ServerVersion}; " + string.Join("; ", state.Extensions.Select(extension
            => $"{extension.Name} {extension.Installed ?? (extension.Available is null ? "is not on the server" : "is not in the database")}")));
        foreach (var version in state.Newer)
            output.WriteLine($"version {version.Version} is of a newer program; this one will not touch the database (teslamate rollback "
                + "--to-known goes back)");
        foreach (var mismatch in state.ChecksumMismatches)
            output.WriteLine($"{mismatch.FileName} was changed after it was applied: checksum {mismatch.Expected}, recorded {mismatch.Recorded}");
        if (differences is null)
            return;
        foreach (var warning in state.Warnings)
            output.WriteLine($"warning: {warning}");
        output.WriteLine(differences.Count == 0 ? "The tables are as their versions made them." : "The tables are not as their versions made them:");
        foreach (var difference in differences)
        {
            output.WriteLine($"  {difference.Description}");
            if (difference.Repair is { } repair)
                output.WriteLine($"    {repair}");
        }
    }

    sealed record ReportedVersion(long Version, string? Name, DateTimeOffset? At);

    sealed record Report
    {
        public required string ServerVersion { get; init; }

        public required IReadOnlyDictionary<string, string?> Extensions { get; init; }

        public required bool IsCurrent { get; init; }

        public required long NewestKnown { get; init; }

        public required IReadOnlyList<ReportedVersion> Applied { get; init; }

        public required IReadOnlyList<ReportedVersion> Pending { get; init; }

        public required IReadOnlyList<ReportedVersion> OwnApplied { get; init; }

        public required IReadOnlyList<ReportedVersion> OwnPending { get; init; }

        /// <summary>Files of views and functions that are not in the database as this program has them.</summary>
        public required IReadOnlyList<string> PendingRepeatables { get; init; }

        /// <summary>Applied, but no file of this program names them.</summary>
        public required IReadOnlyList<long> Unknown { get; init; }

        /// <summary>Applied by a newer program; this one will not start before they are undone.</summary>
        public required IReadOnlyList<long> Newer { get; init; }

        public required DateTimeOffset? LastMigrationAt { get; init; }

        public required long? SecondsSinceLastMigration { get; init; }

        public required IReadOnlyList<ChecksumMismatch> ChecksumMismatches { get; init; }

        /// <summary>What is not wrong but dangerous.</summary>
        public required IReadOnlyList<string> Warnings { get; init; }

        /// <summary>Only with <c>--check</c>.</summary>
        public required IReadOnlyList<SchemaDifference>? Differences { get; init; }

        public static Report Of(SchemaState state, IReadOnlyList<SchemaDifference>? differences, DateTimeOffset now) => new()
        {
            ServerVersion = state.ServerVersion,
            Extensions = state.Extensions.ToDictionary(extension => extension.Name, extension => extension.Installed),
            IsCurrent = state.IsCurrent,
            NewestKnown = state.Newest,
            Applied = [.. state.Applied.Select(version => new ReportedVersion(version.Version, version.Name, version.At))],
            Pending = [.. state.Pending.Select(version => new ReportedVersion(version.Version, version.Name, null))],
            OwnApplied = [.. state.OwnApplied.Select(version => new ReportedVersion(version.Version, version.Name, version.At))],
            OwnPending = [.. state.OwnPending.Select(version => new ReportedVersion(version.Version, version.Name, null))],
            PendingRepeatables = state.PendingRepeatables,
            Unknown = [.. state.Applied.Where(version => version.Name is null).Select(version => version.Version)],
            Newer = [.. state.Newer.Select(version => version.Version)],
            LastMigrationAt = state.LastMigratedAt,
            SecondsSinceLastMigration = state.LastMigratedAt is { } last ? (long)(now - last).TotalSeconds : null,
            ChecksumMismatches = state.ChecksumMismatches,
            Warnings = state.Warnings,
            Differences = differences,
        };
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UseStringEnumConverter = true)]
    [JsonSerializable(typeof(Report))]
    sealed partial class Json : JsonSerializerContext;
}
