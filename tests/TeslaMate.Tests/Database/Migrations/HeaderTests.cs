using System.Text.RegularExpressions;
using Npgsql;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>Measures what the heads of the files say about rewriting, reading and locking, which operators plan by.</summary>
public sealed partial class HeaderTests
{
    static readonly string[] Modes =
    [
        "access exclusive", "exclusive", "share row exclusive", "share", "share update exclusive", "row exclusive",
    ];

    // Tables of a few rows are read without mention.
    static readonly string[] Growing = ["positions", "charges", "drives", "trips", "charging_processes", "addresses", "states", "updates"];

    [Fact]
    public async Task Each_head_says_what_its_file_rewrites_reads_and_locks()
    {
        List<string> wrong = [];

        // The first tables fill with the oldest samples, everything later with samples that have all tables.
        await using (var old = await Steps.LeftAtAsync(20190330200000, withSamples: true))
        {
            foreach (var version in RecordedSteps.Versions.Where(version => version is > 20190330200000 and <= 20190812191616))
            {
                await CompareAsync(old, MigrationFiles.Forward(version), $"V{version}", wrong);
                if (version == 20190408203117)
                    await old.ExecuteAsync("insert into updates (start_date, car_id) select now(), 1 from generate_series(1, 20)");
                if (version == 20190415130006)
                    await old.ExecuteAsync("insert into addresses (inserted_at, updated_at) select now(), now() from generate_series(1, 20)");
            }
        }

        await using var steps = await Steps.LeftAtAsync(20190812191616, withSamples: true);
        foreach (var version in RecordedSteps.Versions.Where(version => version > 20190812191616))
        {
            // Without a height nothing is joined to the drives, and a server that knows that does not read them.
            if (version == 20250613133700)
                await steps.ExecuteAsync("update positions set elevation = id % 100");
            await CompareAsync(steps, MigrationFiles.Forward(version), $"V{version}", wrong);
            if (version == 20200120142602)
            {
                await steps.ExecuteAsync("""
                    insert into addresses (raw, inserted_at, updated_at) select '{"address": {"village": "V"}}', now(), now() from generate_series(1, 20)
                    """);
            }
        }

        foreach (var version in RecordedSteps.Versions.Reverse())
            await CompareAsync(steps, MigrationFiles.Back(version), $"U{version}", wrong);

        wrong.ShouldBeEmpty();
    }

    static async Task CompareAsync(Steps steps, string script, string name, List<string> wrong)
    {
        List<string> measured = [];
        await steps.RunAsync(script, RememberAsync, async connection => measured = await MeasureAsync(connection));
        var said = Said(script);
        wrong.AddRange(measured.Except(said).Select(fact => $"{name} does not say: {fact}"));
        wrong.AddRange(said.Except(measured).Select(fact => $"{name} says what is not so: {fact}"));
    }

    static async Task RememberAsync(NpgsqlConnection connection)
    {
        await using var remember = new NpgsqlCommand("""
            create temporary table before on commit drop as
            select pg_class.oid, case nspname when 'public' then relname::text else nspname || '.' || relname end as name,
                   pg_relation_filenode(pg_class.oid) as file,
                   (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I', nspname, relname), true, true,
                       '')))[1]::text::bigint as rows
            from pg_class
            join pg_namespace on pg_namespace.oid = relnamespace
            where relkind = 'r' and nspname in ('public', 'private');

            create temporary table read_before on commit drop as
            select relid, seq_tup_read + coalesce(idx_tup_fetch, 0) as rows from pg_stat_xact_all_tables
            """, connection);
        await remember.ExecuteNonQueryAsync();
    }

    static async Task<List<string>> MeasureAsync(NpgsqlConnection connection)
    {
        await using var measure = new NpgsqlCommand("""
            with rewritten as (
                select name from before
                where pg_relation_filenode(oid) <> file and exists (select from pg_class where pg_class.oid = before.oid)
            ), scanned as (
                select name
                from before
                join pg_stat_xact_all_tables as now on now.relid = before.oid
                left join read_before on read_before.relid = before.oid
                where before.rows > 0 and (seq_tup_read + coalesce(idx_tup_fetch, 0) - coalesce(read_before.rows, 0)) * 2 >= before.rows
                  and name = any ($1) and name not in (select name from rewritten)
            ), locked as (
                select distinct on (name) name, mode
                from (select relation, btrim(lower(regexp_replace(replace(mode, 'Lock', ''), '([A-Z])', ' \1', 'g'))) as mode
                      from pg_locks where locktype = 'relation' and pid = pg_backend_pid()) as held
                join before on before.oid = held.relation
                where mode = any ($2)
                order by name, array_position($2, mode)
            )
            select 'rewrites ' || name from rewritten
            union all select 'scans ' || name from scanned
            union all select mode || ' on ' || name from locked
            """, connection)
        {
            Parameters = { new() { Value = Growing }, new() { Value = Modes } },
        };
        await using var reader = await measure.ExecuteReaderAsync();
        var facts = new List<string>();
        while (await reader.ReadAsync())
            facts.Add(reader.GetString(0));
        return facts;
    }

    static List<string> Said(string script)
    {
        var facts = new List<string>();
        foreach (Match line in Line.Matches(script))
        {
            var mode = "";
            foreach (var item in line.Groups["list"].Value.Split(", "))
            {
                switch (line.Groups["kind"].Value)
                {
                    case "Locks":
                        var on = item.LastIndexOf(" on ", StringComparison.Ordinal);
                        mode = on < 0 ? mode : item[..on];
                        facts.Add($"{mode} on {(on < 0 ? item : item[(on + 4)..])}");
                        break;
                    case var kind:
                        facts.Add($"{kind.ToLowerInvariant()} {item}");
                        break;
                }
            }
        }

        return facts;
    }

    [GeneratedRegex(@"^-- (?<kind>Rewrites|Scans|Locks): (?<list>.+)$", RegexOptions.Multiline)]
    static partial Regex Line { get; }
}
