using System.Text;
using System.Text.RegularExpressions;
using EvolveDb.Metadata;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// One transaction as Evolve runs it: the files of one version, or of several that are committed together, between the locks they need and the rows
/// that Evolve does not write. Evolve begins the transaction, records the newest of the versions in its <c>changelog</c> and commits. Before each
/// statement the server says, by a notice, which one it comes to.
/// </summary>
sealed partial class EvolveScript : EvolveDb.Migration.MigrationScript
{
    /// <summary>SQLSTATE of a notice that names a statement: the script's and the statement's number.</summary>
    public const string Announcement = "TM100";

    /// <summary>SQLSTATE of a transaction that found its work done.</summary>
    public const string DoneMeanwhile = "TM101";

    EvolveScript(IReadOnlyList<PlannedRun> runs, Builder content)
        : base($"{runs[^1].Version}", runs[^1].Script.Description, runs[^1].Script.FileName, content.Text.ToString(),
            runs[^1] is { Back: false, IsRepeatable: false } ? MetadataType.Migration : MetadataType.RepeatableMigration)
        => (Runs, Statements) = (runs, content.Statements);

    public IReadOnlyList<PlannedRun> Runs { get; }
    public IReadOnlyList<(PlannedRun Run, string Text)> Statements { get; }

    // What is planned is run, whatever the table remembers.
    public override bool MustRepeatAlways => true;

    // The file's, not that of what is run.
    public override string CalculateChecksum() => Runs[^1].Script.Checksum;

    // All checksums are compared before anything runs, and what differs is told with what to do about it.
    public override void ValidateChecksum(string? checksum)
    {
    }

    public static IReadOnlyList<EvolveScript> Of(List<PlannedRun> runs, LockRetryPolicy retries)
    {
        List<EvolveScript> scripts = [];
        for (var first = 0; first < runs.Count;)
        {
            // A version that leaves out what a later one undoes is committed together with that one: nobody meets a version without all that
            // belongs to it.
            var last = first;
            for (var index = first; index <= last; index++)
                last = runs[index].Script.Parts.OfType<ScriptPart.UnlessPending>()
                    .Select(part => runs.FindIndex(index, run => run.Version == part.Version)).Append(last).Max();

            List<PlannedRun> together = runs[first..(last + 1)];
            scripts.Add(Transaction(together, scripts.Count, retries, content => together.ForEach(run => AddRun(content, run, together))));
            first = last + 1;
        }

        return scripts;
    }

    /// <summary>The newest schema at once, for an empty database, with our own tables.</summary>
    public static EvolveScript Baseline(List<PlannedRun> runs, MigrationFile baseline, LockRetryPolicy retries)
    {
        var newest = runs.FindLast(run => run.Chain is Chain.Reference)!;
        var whole = newest with { Name = "(an empty database gets the newest schema at once)" };
        return Transaction([whole], 0, retries, content =>
        {
            content.Add(whole, baseline.Text);
            foreach (var run in runs)
            {
                if (run.Chain is Chain.Own)
                    content.Add(whole, run.Script.Text);
                AddRecords(content, run, isRecordedByEvolve: run == newest);
            }
        });
    }

    static EvolveScript Transaction(List<PlannedRun> runs, int number, LockRetryPolicy retries, Action<Builder> work)
    {
        var content = new Builder(number);
        content.Announce(runs[0], "");
        content.AddUnannounced($"{PublicSchemaCheck.GuardSql};\nset local search_path = public");
        if (runs[0].Chain is Chain.Reference)
        {
            // The lock that the reference's migrator holds while it works is waited for as long as it takes.
            content.AddUnannounced($"""
                set local lock_timeout = 0;
                lock table public.schema_migrations in share update exclusive mode;
                do $$ begin
                    if (select count(*) from public.schema_migrations where version in ({string.Join(", ", runs.Select(run => run.Version))}))
                        <> {(runs[0].Back ? runs.Count : 0)} then
                        raise exception 'another program did this meanwhile' using errcode = '{DoneMeanwhile}';
                    end if;
                end $$
                """);
        }

        content.AddUnannounced($"set local lock_timeout = {(long)retries.Wait.TotalMilliseconds}");
        // Of all versions of the transaction, so that a long reader costs a wait and no work.
        var locks = ScriptHead.Strongest(runs.SelectMany(run => run.Script.Head.Locks)).Select(held => $"""
            if exists (select from pg_class where oid = to_regclass('{held.Table}')
                and relkind in ('r', 'p')) then lock table {held.Table} in {held.Mode} mode; end if;
            """);
        content.AddUnannounced($"do $$ begin {string.Join('\n', locks)} end $$");
        work(content);
        // What Evolve itself does last.
        content.Announce(runs[^1], $"insert into {runs[^1].Schema}.changelog ... '{runs[^1].Script.FileName}' ...; commit");
        return new EvolveScript(runs, content);
    }

    static void AddRun(Builder content, PlannedRun run, List<PlannedRun> together)
    {
        foreach (var part in run.Script.Parts)
        {
            content.Add(run, part switch
            {
                ScriptPart.Sql(var text) => run is { Chain: Chain.Reference, Back: false } ? QuickCasts.In(run.Version, text) : text,
                ScriptPart.Step(var step) => TokenSteps.Sql(step),
                ScriptPart.UnlessPending(var version, var text)
                    => together.FindIndex(together.IndexOf(run), other => other.Version == version) < 0 ? text : "",
                _ => throw new System.Diagnostics.UnreachableException(),
            });
        }

        AddRecords(content, run, isRecordedByEvolve: run == together[^1]);
    }

    static void AddRecords(Builder content, PlannedRun run, bool isRecordedByEvolve)
    {
        if (run.IsRepeatable)
            content.Add(run, MigrationHistory.RecordSql(run.Script, isRecordedByEvolve));
        else if (run.Back)
            content.Add(run, MigrationHistory.RemovalSql(run));
        if (run is { Chain: Chain.Reference, Back: false })
            content.Add(run, MigrationHistory.VersionSql(run.Version));
        if (run is { Migration: { } migration, Back: false } && !isRecordedByEvolve)
            content.Add(run, MigrationHistory.RecordSql(run.Schema, migration));
    }

    sealed class Builder(int number)
    {
        public StringBuilder Text { get; } = new();
        public List<(PlannedRun Run, string Text)> Statements { get; } = [];

        public void Announce(PlannedRun run, string statement)
        {
            Text.Append($"do $$ begin raise notice '{number} {Statements.Count}' using errcode = '{Announcement}'; end $$;\n");
            Statements.Add((run, statement));
        }

        public void AddUnannounced(string statement) => Text.Append(statement).Append(";\n");

        public void Add(PlannedRun run, string sql)
        {
            // Pieces of comments alone are nothing to run.
            foreach (var statement in Statement.Matches(sql).Select(match => Comment.Replace(match.Value, "").Trim()).Where(text => text.Length > 0))
            {
                Announce(run, statement);
                AddUnannounced(statement);
            }
        }
    }

    // Up to a semicolon outside of quotes and comments.
    [GeneratedRegex("""('([^']|'')*'|"[^"]*"|--[^\n]*|/\*.*?\*/|\$(?<tag>\w*)\$.*?\$\k<tag>\$|[^;])+""",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    static partial Regex Statement { get; }

    [GeneratedRegex(@"^\s*--.*$\n?", RegexOptions.Multiline)]
    static partial Regex Comment { get; }
}
