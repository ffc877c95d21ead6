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

    readonly MigrationFile _file;

    EvolveScript(IReadOnlyList<PlannedRun> runs, string description, Builder content)
        : base($"{runs[^1].Version}", description, runs[^1].Script.FileName, content.Text.ToString(),
            runs[^1] is { Back: false, Repeatable: null } ? MetadataType.Migration : MetadataType.RepeatableMigration)
    {
        _file = runs[^1].Script;
        Runs = runs;
        Statements = content.Statements;
    }

    public IReadOnlyList<PlannedRun> Runs { get; }

    /// <summary>The statements as they are announced.</summary>
    public IReadOnlyList<(PlannedRun Run, string Text)> Statements { get; }

    /// <summary>Always: no first line of a file turns it off.</summary>
    public override bool IsTransactionEnabled => true;

    /// <summary>What is planned is run, whatever the table remembers.</summary>
    public override bool MustRepeatAlways => true;

    /// <summary>The file's, not that of what is run.</summary>
    public override string CalculateChecksum() => _file.Checksum;

    /// <summary>All checksums are compared before anything runs, and what differs is told with what to do about it.</summary>
    public override void ValidateChecksum(string? checksum)
    {
    }

    /// <summary>Cuts planned versions into transactions.</summary>
    public static IReadOnlyList<EvolveScript> Of(IReadOnlyList<PlannedRun> runs, LockRetryPolicy retries)
    {
        List<EvolveScript> scripts = [];
        for (var first = 0; first < runs.Count;)
        {
            // A version that leaves out what a later one undoes is committed together with that one: nobody meets a version without all that belongs
            // to it.
            var last = first;
            for (var index = first; index <= last; index++)
            {
                last = runs[index].Script.Parts.OfType<ScriptPart.UnlessPending>().Select(part => IndexOfLater(runs, index, part.Version) ?? last)
                    .Append(last).Max();
            }

            scripts.Add(Transaction(runs, first, last, scripts.Count, retries));
            first = last + 1;
        }

        return scripts;
    }

    /// <summary>The newest schema at once, for an empty database, with our own tables.</summary>
    public static EvolveScript Baseline(IReadOnlyList<PlannedRun> runs, MigrationFile baseline)
    {
        var newest = runs.Last(run => run.Chain is Chain.Reference);
        var whole = newest with { Name = "(an empty database gets the newest schema at once)" };
        var content = new Builder(0);
        content.AddUnannounced(PublicSchemaCheck.GuardSql);
        content.AddUnannounced("set local search_path = public");
        content.AddUnannounced("lock table public.schema_migrations in share update exclusive mode");
        content.Add(whole, baseline.Text);
        foreach (var run in runs)
        {
            if (run.Chain is Chain.Own)
                content.Add(whole, run.Script.Text);
            AddRecords(content, run, isRecordedByEvolve: run == newest);
        }

        content.AnnounceRecord(whole);
        return new EvolveScript([whole], newest.Migration!.Description, content);
    }

    static EvolveScript Transaction(IReadOnlyList<PlannedRun> runs, int first, int last, int number, LockRetryPolicy retries)
    {
        List<PlannedRun> own = [.. runs.Skip(first).Take(last + 1 - first)];
        var content = new Builder(number);
        content.Announce(own[0], "");
        content.AddUnannounced(PublicSchemaCheck.GuardSql);
        content.AddUnannounced("set local search_path = public");
        if (own[0].Chain is Chain.Reference)
        {
            // The lock that the reference's migrator holds while it works is waited for as long as it takes.
            content.AddUnannounced("set local lock_timeout = 0");
            content.AddUnannounced("lock table public.schema_migrations in share update exclusive mode");
            content.AddUnannounced($"""
                do $$ begin
                    if (select count(*) from public.schema_migrations where version in ({string.Join(", ", own.Select(run => run.Version))}))
                        <> {(own[0].Back ? own.Count : 0)} then
                        raise exception 'another program did this meanwhile' using errcode = '{DoneMeanwhile}';
                    end if;
                end $$
                """);
        }

        content.AddUnannounced($"set local lock_timeout = {(long)retries.Wait.TotalMilliseconds}");
        // Of all versions of the transaction, so that a long reader costs a wait and no work.
        var locks = ScriptHead.Strongest(own.SelectMany(run => run.Script.Head.Locks)).Select(held => $"""
            if exists (select from pg_class where oid = to_regclass('{held.Table}')
                and relkind in ('r', 'p')) then lock table {held.Table} in {held.Mode} mode; end if;
            """).ToList();
        if (locks.Count > 0)
            content.AddUnannounced($"do $$ begin {string.Join('\n', locks)} end $$");
        for (var index = first; index <= last; index++)
        {
            foreach (var part in runs[index].Script.Parts)
            {
                if (part is ScriptPart.Sql(var text))
                    content.Add(runs[index], own[0] is { Chain: Chain.Reference, Back: false } ? QuickCasts.In(runs[index].Version, text) : text);
                else if (part is ScriptPart.Step(var step))
                    content.Add(runs[index], TokenSteps.Sql(step));
                else if (part is ScriptPart.UnlessPending(var version, var unless) && IndexOfLater(runs, index, version) is null)
                    content.Add(runs[index], unless);
            }

            AddRecords(content, runs[index], isRecordedByEvolve: index == last);
        }

        content.AnnounceRecord(runs[last]);
        return new EvolveScript(own, runs[last].Repeatable?.Description ?? runs[last].Name.Replace('_', ' '), content);
    }

    static void AddRecords(Builder content, PlannedRun run, bool isRecordedByEvolve)
    {
        if (run.Repeatable is { } file)
        {
            content.Add(run, MigrationHistory.RecordSql(file, isRecordedByEvolve));
        }
        else if (run.Back)
        {
            content.Add(run, MigrationHistory.RemovalSql(run.Chain, run.Version));
        }
        else
        {
            if (run.Chain is Chain.Reference)
                content.Add(run, MigrationHistory.VersionSql(run.Version));
            if (!isRecordedByEvolve)
                content.Add(run, MigrationHistory.RecordSql(run.Schema, run.Migration!));
        }
    }

    static int? IndexOfLater(IReadOnlyList<PlannedRun> runs, int index, long version)
    {
        for (var later = index + 1; later < runs.Count; later++)
        {
            if (runs[later].Version == version)
                return later;
        }

        return null;
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
            foreach (var statement in Split(sql))
            {
                Announce(run, statement);
                AddUnannounced(statement);
            }
        }

        /// <summary>What Evolve itself does last.</summary>
        public void AnnounceRecord(PlannedRun run) => Announce(run, $"insert into {run.Schema}.changelog ... '{run.Script.FileName}' ...; commit");

        // At semicolons outside of quotes and comments; pieces of comments alone are nothing to run.
        static IEnumerable<string> Split(string sql)
        {
            var start = 0;
            foreach (var end in Token.Matches(sql).Where(token => token.ValueSpan is ";").Select(token => token.Index).Append(sql.Length))
            {
                var statement = Comment.Replace(sql[start..end], "").Trim();
                start = Math.Min(end + 1, sql.Length);
                if (statement.Length > 0)
                    yield return statement;
            }
        }
    }

    [GeneratedRegex("""'(?:[^']|'')*'|"[^"]*"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|;""", RegexOptions.Singleline)]
    static partial Regex Token { get; }

    [GeneratedRegex(@"^\s*--.*$\n?", RegexOptions.Multiline)]
    static partial Regex Comment { get; }
}
