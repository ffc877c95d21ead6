using System.Diagnostics;
using System.IO.Compression;
using System.IO.Pipes;
using System.Text;
using Npgsql;
using TeslaMate.Backups;
using TeslaMate.CommandLine;
using TeslaMate.Database.Clusters;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Backups;

/// <summary>Restores on a real server, as a role that owns its database and may do nothing else.</summary>
public sealed class RestoreTests(RestoreTests.Household household) : IClassFixture<RestoreTests.Household>
{
    [Theory]
    [InlineData("custom")]
    [InlineData("custom through a pipe")]
    [InlineData("custom, compressed once more")]
    [InlineData("tar")]
    [InlineData("tar through a pipe")]
    [InlineData("directory")]
    [InlineData("plain")]
    [InlineData("plain, gzip")]
    [InlineData("plain, zstd")]
    [InlineData("plain as PowerShell writes it")]
    [InlineData("plain as PowerShell writes it, big endian")]
    [InlineData("plain with a byte order mark and Windows' line ends")]
    [InlineData("plain with inserts, clean and create")]
    public async Task Every_format_of_pg_dump_comes_back_whole(string format)
    {
        using var folder = new TempFolder();
        var file = await household.DumpAsync(folder, format);
        var notes = new StringWriter();
        await using var restored =
            await household.RestoreAsync(file, notes, throughPipe: format.EndsWith("through a pipe", StringComparison.Ordinal));
        (await restored.FingerprintAsync()).ShouldBe(household.Fingerprint, notes.ToString());
        foreach (var (table, rows) in household.Rows)
            (await restored.RowsAsync(table)).ShouldBe(rows, table);
        (await restored.ScalarAsync<long>("select nextval('geofences_id_seq')")).ShouldBe(3);
        (await restored.LinesAsync("select tableowner from pg_tables where schemaname in ('public', 'private', 'teslamate') group by 1")).ShouldBe(
            [household.Owner]);
        notes.ToString().Contains("PowerShell", StringComparison.Ordinal).ShouldBe(format.Contains("PowerShell", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\\! touch MARK")]
    [InlineData("\\copy geofences from program 'touch MARK'")]
    [InlineData("\\i /etc/passwd")]
    [InlineData("\\o |touch MARK")]
    [InlineData("\\setenv PAGER 'touch MARK'")]
    [InlineData("\\set x `touch MARK`")]
    [InlineData("select 'touch MARK' \\g |sh")]
    [InlineData("select 1 \\gexec")]
    [InlineData("copy geofences (name) from program 'touch MARK';")]
    [InlineData("COPY public.geofences TO PROGRAM 'touch MARK';")]
    [InlineData("do $$ begin copy geofences (name) from program 'touch MARK'; end $$;")]
    [InlineData("alter /* table */ role current_user password 'x';")]
    [InlineData("ALTER -- TABLE\nROLE current_user PASSWORD 'x';")]
    [InlineData("select lo_export(lo_from_bytea(0, 'x'), 'MARK');")]
    [InlineData("select pg_catalog.setval('public.cars_id_seq', 1, true), pg_file_write('MARK', 'x', false);")]
    [InlineData("insert into public.geofences (name) values (pg_read_file('/etc/passwd'));")]
    [InlineData("create function public.f() returns int language plpgsql as $$ begin copy public.geofences (name) from program 'touch MARK'; "
        + "return 1; end $$; insert into public.geofences (id) values (public.f());")]
    [InlineData("create function public.f() returns int language c as 'system';")]
    [InlineData("create function public.f(text) returns int language internal as 'lo_import';")]
    [InlineData("create table public.x (a int); create rule r as on insert to public.x do instead copy public.x to program 'touch MARK';")]
    [InlineData("set standard_conforming_strings = off; insert into public.geofences (name) values ('\\'); copy geofences from program $$touch "
        + "MARK$$; --');")]
    [InlineData("create materialized view public.v as select pg_ls_dir('/');")]
    [InlineData("select 1")]
    [InlineData("CREATE SUBSCRIPTION; COPY public.geofences FROM stdin;\nx\n")]
    public async Task A_hostile_dump_is_refused_and_changes_nothing(string command)
    {
        using var folder = new TempFolder();
        var mark = folder.File("mark");
        var file = folder.File("hostile.sql");
        var plain = await File.ReadAllTextAsync(household.Plain);
        // In the middle, after the tables are made.
        var middle = plain.IndexOf("\nCOPY public.geofences", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, plain.Insert(middle, $"\n{command.Replace("MARK", mark, StringComparison.Ordinal)}\n"));
        var password = await household.PasswordAsync();

        var exception = await Should.ThrowAsync<RestoreException>(() => household.RestoreAsync(file, new StringWriter()));
        exception.Message.ShouldNotContain("\u001b");
        File.Exists(mark).ShouldBeFalse();
        (await household.PasswordAsync()).ShouldBe(password);
        await household.NothingIsLeftAsync();
    }

    [Theory]
    [InlineData("custom")]
    [InlineData("tar")]
    [InlineData("plain")]
    public async Task Names_that_are_commands_elsewhere_are_names(string format)
    {
        using var folder = new TempFolder();
        var mark = folder.File("mark");
        await using var other = await household.CopyAsync();
        string[] names = [$"x'; touch {mark}; echo '", $"x\n\\! touch {mark}\n", $"$(touch {mark})", $"`touch {mark}`", $"\"; touch {mark}; \"",
            "-- x", "a;b", "ü\\"];
        foreach (var name in names)
        {
            var quoted = $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
            await other.ExecuteAsync($"alter table public.positions add column {quoted} text; create table public.{quoted} ({quoted} text); "
                + $"insert into public.{quoted} values ('a'); create index on public.{quoted} ({quoted})");
        }

        var file = await household.DumpAsync(folder, format, other.Name);
        await using var restored = await household.RestoreAsync(file, new StringWriter());
        File.Exists(mark).ShouldBeFalse();
        var found = await restored.LinesAsync("select attname from pg_attribute where attrelid = 'positions'::regclass");
        foreach (var name in names)
        {
            found.ShouldContain(name);
            (await restored.LinesAsync($"select * from public.\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")).ShouldBe(["a"]);
        }
    }

    [Fact]
    public async Task A_dump_is_never_loaded_with_the_rights_of_the_servers_administrator()
    {
        var powerful = new List<string> { "postgres" };
        foreach (var membership in new[] { "pg_execute_server_program", "pg_write_server_files", "postgres" })
        {
            var role = $"{household.Owner}_in_{membership}";
            await Household.AdministerAsync($"create role {role} login createdb; grant {membership} to {role}");
            powerful.Add(role);
        }

        await Household.AdministerAsync($"create role {household.Owner}_createrole login createdb createrole");
        powerful.Add($"{household.Owner}_createrole");
        foreach (var role in powerful)
        {
            var exception = await Should.ThrowAsync<RestoreException>(() => household.RestoreAsync(household.Plain, new StringWriter(), as_: role));
            exception.Message.ShouldContain("CREATE ROLE teslamate_owner");
        }

        await household.NothingIsLeftAsync();
        foreach (var role in powerful.Skip(1))
            await Household.AdministerAsync($"drop role {role}");
    }

    [Theory]
    [InlineData("half of a custom one", "not a readable backup")]
    [InlineData("half of a plain one", "incomplete")]
    [InlineData("a plain one without its end", "incomplete")]
    [InlineData("half of a gzip file", "damaged|incomplete|cannot be read")]
    [InlineData("custom through PowerShell", "--format=custom --file=FILE")]
    [InlineData("a server's", "whole server")]
    [InlineData("another program's", "schema_migrations")]
    [InlineData("noise", "not a backup that pg_dump made")]
    [InlineData("nothing", "not a backup that pg_dump made")]
    [InlineData("xz", "xz -dc")]
    [InlineData("tar of something else", "tar archive")]
    [InlineData("missing", "does not exist")]
    [InlineData("a folder", "is a folder")]
    [InlineData("Latin-1", "encoding=UTF8")]
    public async Task What_cannot_be_restored_is_said_in_a_sentence_and_leaves_nothing(string kind, string sentence)
    {
        using var folder = new TempFolder();
        var exception = await Should.ThrowAsync<RestoreException>(
            async () => await household.RestoreAsync(await household.BadAsync(folder, kind), new StringWriter()));
        exception.Message.ShouldMatch(sentence);
        await household.NothingIsLeftAsync();
    }

    [Fact]
    public async Task Access_is_that_of_the_running_installation_and_nobody_is_logged_in()
    {
        using var folder = new TempFolder();
        await using var present = await household.CopyAsync();
        const string Sessions = "select count(*) from teslamate.web_sessions";
        const string Access = "select concat_ws(' ', password, encode(api_token, 'escape')) from teslamate.web_access";
        async Task SetAsync(string? password, string? token)
        {
            await present.ExecuteAsync("delete from teslamate.web_access; delete from teslamate.web_sessions; insert into teslamate.web_sessions "
                + "(id, started_at, expires_at) values ('x', now(), now() + interval '1 day')");
            if (password is not null || token is not null)
                await present.ExecuteAsync($"insert into teslamate.web_access (password, api_token, changed_at) values ({Literal(password)}, "
                    + $"{Literal(token)}, now())");
        }

        await SetAsync("old", "revoked");
        var withPassword = await household.DumpAsync(folder, "custom", present.Name, "with.dump");
        await SetAsync(null, null);
        var without = await household.DumpAsync(folder, "custom", present.Name, "without.dump");
        await present.ExecuteAsync("drop schema teslamate cascade; drop table if exists changelog");
        var references = await household.DumpAsync(folder, "custom", present.Name, "reference.dump");
        (await present.Migrator(user: household.Owner).MigrateAsync(new Told(),
            CancellationToken.None)).ShouldBeOfType<TeslaMate.Database.Migrations.MigrationOutcome.Done>();

        foreach (var (dump, password, token, expected) in new[]
        {
            (withPassword, "new", "valid", "new valid"), (withPassword, "new", null, "new"), (withPassword, null, "valid", "old valid"),
            (withPassword, null, null, "old"),
            (without, "new", "valid", "new valid"), (without, null, null, null), (references, "new", "valid", "new valid"),
        })
        {
            await SetAsync(password, token);
            await using var restored = await household.RestoreAsync(dump, new StringWriter(), over: present);
            (await restored.ScalarAsync<string>(Access)).ShouldBe(expected, $"{dump} {password} {token}");
            (await restored.ScalarAsync<long>(Sessions)).ShouldBe(0);
        }

        static string Literal(string? text) => text is null ? "null" : $"'{text}'";
    }

    [Theory]
    [InlineData("trigger", """
        create function public.mine() returns trigger language plpgsql as $$ begin new.password := 'the attacker''s'; return new; end $$;
        create trigger mine before insert or update on teslamate.web_access for each row execute function public.mine();
        """)]
    [InlineData("rule", "create rule kept as on delete to teslamate.web_sessions do instead nothing;")]
    [InlineData("rule", """
        create rule mine as on insert to teslamate.web_access
            do also update teslamate.web_access set password = 'the attacker''s';
        """)]
    [InlineData("trigger", """
        create function public.kept() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger kept before delete on teslamate.web_sessions for each row execute function public.kept();
        """)]
    [InlineData("policy", """
        alter table teslamate.web_sessions enable row level security;
        alter table teslamate.web_sessions force row level security;
        create policy seen on teslamate.web_sessions for select using (pg_catalog.current_setting('application_name') = 'teslamate');
        create policy made on teslamate.web_sessions for insert with check (true);
        """)]
    [InlineData("table", """
        create table public.more () inherits (teslamate.web_access);
        """)]
    public async Task What_a_backup_attaches_to_the_tables_of_access_is_refused(string kind, string sql)
    {
        using var folder = new TempFolder();
        await using var other = await household.CopyAsync();
        await other.ExecuteAsync("insert into teslamate.web_sessions (id, started_at, expires_at) values ('x', now(), now() + interval '1 day');"
            + $"set role {household.Owner}; {sql}");
        var file = await household.DumpAsync(folder, "custom", other.Name, "hostile.dump");
        foreach (var withCode in new[] { true, false })
        {
            var exception = await Should.ThrowAsync<RestoreException>(() => household.RestoreAsync(file, new StringWriter(), withCode: withCode));
            exception.Message.ShouldContain(kind);
            exception.Message.ShouldContain("teslamate.web_");
        }

        await household.NothingIsLeftAsync();
    }

    [Fact]
    public async Task Rights_on_the_tables_of_access_are_not_restored()
    {
        using var folder = new TempFolder();
        await using var other = await household.CopyAsync();
        await other.ExecuteAsync($"set role {household.Owner}; grant insert (id) on teslamate.web_sessions to public; "
            + "grant all on teslamate.web_access to public");
        await using var restored = await household.RestoreAsync(await household.DumpAsync(folder, "custom", other.Name, "open.dump"),
            new StringWriter());
        (await restored.LinesAsync("""
            select relname || acl
            from (
                select relname, unnest(relacl)::text as acl from pg_class where relnamespace = 'teslamate'::regnamespace
                union all
                select attname, unnest(attacl)::text from pg_attribute where attrelid = 'teslamate.web_sessions'::regclass) as rights
            where relname ~ '^(web_|api_tokens|id$)' and acl not like 'owner%'
            """)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Code_that_a_backup_brings_along_is_named()
    {
        using var folder = new TempFolder();
        await using var other = await household.CopyAsync();
        await other.ExecuteAsync($"""
            set role {household.Owner};
            create function public.watch() returns trigger language plpgsql as $$ begin return new; end $$;
            create trigger watch after insert on public.positions for each row execute function public.watch();
            """);
        var notes = new StringWriter();
        var file = await household.DumpAsync(folder, "custom", other.Name, "own.dump");
        await using (await household.RestoreAsync(file, notes, withCode: true))
            notes.ToString().ShouldMatch(@"brings code of its own[\s\S]*function public\.watch\(\)[\s\S]*trigger watch on public\.positions");
        (await Should.ThrowAsync<RestoreException>(() => household.RestoreAsync(file, new StringWriter()))).Message.ShouldContain("--with-code");
        await household.NothingIsLeftAsync();
        var plain = new StringWriter();
        await using (await household.RestoreAsync(household.Plain, plain))
            plain.ToString().ShouldNotContain("code of its own");
    }

    /// <summary>What an attacker has run as the owner while it is loaded, also in a dry run: a role may change its own password.</summary>
    [Theory]
    [InlineData("CREATE TABLE public.x (a int DEFAULT public.f()); INSERT INTO public.x DEFAULT VALUES;")]
    [InlineData("CREATE TABLE public.x (a int DEFAULT public.f(), b int);\nCOPY public.x (b) FROM stdin;\n1\n\\.\n")]
    [InlineData("CREATE TABLE public.x (a int CHECK (public.f() = 1)); INSERT INTO public.x VALUES (1);")]
    [InlineData("CREATE TABLE public.x (a int); INSERT INTO public.x VALUES (1); CREATE INDEX i ON public.x (public.f());")]
    [InlineData("CREATE DOMAIN public.d AS int CHECK (public.f() = 1); CREATE TABLE public.x (a public.d); INSERT INTO public.x VALUES (1);")]
    [InlineData("CREATE MATERIALIZED VIEW public.x AS SELECT public.f();")]
    [InlineData("CREATE TABLE public.x (a int GENERATED ALWAYS AS (public.f()) STORED, b int); INSERT INTO public.x (b) VALUES (1);")]
    [InlineData("INSERT INTO public.geofences (id, name) SELECT public.f(), 'x';")]
    [InlineData("CREATE TABLE public.x (a int); CREATE RULE r AS ON INSERT TO public.x DO ALSO SELECT public.f(); INSERT INTO public.x VALUES (1);")]
    [InlineData("CREATE VIEW public.x AS SELECT public.f();")]
    [InlineData("CREATE FUNCTION public.g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT public.f(); END;")]
    [InlineData("CREATE PROCEDURE public.g() LANGUAGE plpgsql AS $$ begin perform public.f(); end $$;")]
    [InlineData("CREATE TABLE public.x (a int);\nCREATE CONSTRAINT TRIGGER t AFTER INSERT ON public.x DEFERRABLE INITIALLY DEFERRED "
        + "FOR EACH ROW EXECUTE FUNCTION public.t(); INSERT INTO public.x VALUES (1);")]
    [InlineData("CREATE OPERATOR public.= (FUNCTION = public.e, LEFTARG = bigint, RIGHTARG = bigint);")]
    [InlineData("CREATE CAST (text AS int) WITH FUNCTION public.c(text) AS IMPLICIT;")]
    [InlineData("CREATE POLICY p ON public.geofences USING (public.f() = 1);")]
    [InlineData("CREATE AGGREGATE public.a (int) (SFUNC = public.s, STYPE = int);")]
    public async Task Code_that_a_backup_brings_along_does_not_run(string command)
    {
        const string Evil = "execute format('alter role %I password %L', current_user, 'the attacker''s');";
        using var folder = new TempFolder();
        var file = folder.File("hostile.sql");
        var plain = await File.ReadAllTextAsync(household.Plain);
        var functions = new StringBuilder();
        foreach (var (head, answer) in ((string, string)[])[("f() RETURNS int IMMUTABLE", "1"), ("t() RETURNS trigger", "new"),
            ("e(bigint, bigint) RETURNS boolean", "true"), ("c(text) RETURNS int", "1"), ("s(int, int) RETURNS int", "1")])
            functions.Append($"CREATE FUNCTION public.{head} LANGUAGE plpgsql AS $_$ begin {Evil} return {answer}; end $_$;\n");
        var middle = plain.IndexOf("\nCOPY public.geofences", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, plain.Insert(middle, $"\n{functions}{command}\n"));
        var password = await household.PasswordAsync();
        (await Should.ThrowAsync<RestoreException>(() => household.RestoreAsync(file, new StringWriter()))).Message.ShouldContain("--with-code");
        (await household.PasswordAsync()).ShouldBe(password);
        await household.NothingIsLeftAsync();
    }

    /// <summary>Functions of the program's own schema are of the release that made the backup.</summary>
    [Fact]
    public async Task A_backup_of_another_release_gets_this_ones_functions()
    {
        using var folder = new TempFolder();
        await using var other = await household.CopyAsync();
        await other.ExecuteAsync($"""
            set role {household.Owner};
            create or replace function teslamate.utc_time(local_time timestamp, zone text) returns timestamp immutable parallel safe language sql
                as 'select null::timestamp';
            """);
        var file = await household.DumpAsync(folder, "custom", other.Name, "other.dump");
        // It says that its functions are this release's, and lies.
        (await Should.ThrowAsync<RestoreException>(() => household.RestoreAsync(file, new StringWriter()))).Message.ShouldContain("--with-code");
        await other.ExecuteAsync("update teslamate.changelog set checksum = 'x' where name like 'R\\_\\_%'");
        await using var restored = await household.RestoreAsync(await household.DumpAsync(folder, "custom", other.Name, "older.dump"),
            new StringWriter());
        (await restored.FingerprintAsync()).ShouldBe(household.Fingerprint);
    }

    [Fact]
    public async Task Tokens_for_programs_are_those_of_the_running_installation()
    {
        using var folder = new TempFolder();
        await using var present = await household.CopyAsync();
        const string Names = "select string_agg(name || ' ' || id || coalesce(' ' || revoked_at, '') || scopes::text || coalesce(car_ids::text, "
            + "''), ', ' order by id) from teslamate.api_tokens";
        await present.ExecuteAsync("insert into teslamate.api_tokens (name, hash, prefix, scopes, created_at) values ('revoked since', 'a', "
            + "'tmt_aaaa', '{read}', now())");
        var dump = await household.DumpAsync(folder, "custom", present.Name, "tokens.dump");
        await present.ExecuteAsync("""
            update teslamate.api_tokens set revoked_at = '2026-01-01';
            insert into teslamate.api_tokens (name, hash, prefix, scopes, car_ids, created_at)
                values ('made since', 'b', 'tmt_bbbb', '{read,logging}', '{1,2}', now())
            """);
        await using var restored = await household.RestoreAsync(dump, new StringWriter(), over: present);
        (await restored.ScalarAsync<string>(Names)).ShouldBe(await present.ScalarAsync<string>(Names));
        // The next one gets a number of its own.
        await restored.ExecuteAsync("insert into teslamate.api_tokens (name, hash, prefix, scopes, created_at) values ('next', 'c', 'tmt_cccc', "
            + "'{read}', now())");
    }

    [Fact]
    public async Task Every_table_of_the_own_schema_is_carried_over_emptied_or_restored_by_decision()
    {
        // A new table that opens something belongs to AccessTables, every other one here.
        string[] restored = ["car_leases", "car_logs", "changelog"];
        var tables = await household.Present.LinesAsync("select relname from pg_class where relnamespace = 'teslamate'::regnamespace and relkind "
            + "= 'r' and relname ~ '^(web|api|access|token)|session'");
        tables.ShouldBeSubsetOf([.. AccessTables.CarriedOver, .. AccessTables.Emptied, .. restored]);
    }

    [Fact]
    public async Task Sequences_behind_their_rows_are_taken_past_them()
    {
        using var folder = new TempFolder();
        await using var other = await household.CopyAsync();
        await other.ExecuteAsync("select setval('geofences_id_seq', 1); select setval('positions_id_seq', 1, false)");
        var notes = new StringWriter();
        await using var restored = await household.RestoreAsync(await household.DumpAsync(folder, "custom", other.Name), notes);
        (await restored.ScalarAsync<long>("select nextval('geofences_id_seq')")).ShouldBe(3);
        (await restored.ScalarAsync<long>("select nextval('positions_id_seq')")).ShouldBe(Household.Positions + 1);
        notes.ToString().ShouldContain("public.geofences_id_seq was behind");
    }

    [Fact]
    public async Task An_older_backup_is_brought_to_the_programs_version_and_a_newer_one_is_told_of()
    {
        using var folder = new TempFolder();
        await using var old = await OldDatabase.CreateAsync(20240929084639);
        await Household.AdministerAsync($"reassign owned by postgres to {household.Owner}", old.Name, mayFail: true);
        await using var restored = await household.RestoreAsync(await household.DumpAsync(folder, "custom", old.Name), new StringWriter());
        (await restored.VersionsAsync()).ShouldBe(await household.Present.VersionsAsync());

        await using var newer = await household.CopyAsync();
        await newer.ExecuteAsync("insert into schema_migrations (version, inserted_at) values (20990101000000, now())");
        var notes = new StringWriter();
        await using var kept = await household.RestoreAsync(await household.DumpAsync(folder, "custom", newer.Name, "newer.dump"), notes);
        notes.ToString().ShouldContain("newer program");
    }

    [Fact]
    public async Task Two_restores_within_a_second_and_the_way_to_get_rid_of_the_former_databases()
    {
        await using var present = await household.CopyAsync();
        // Somebody else's, by a name that begins alike.
        var foreign = present.Name + "_before_the_move";
        await Household.AdministerAsync($"create database {foreign}");
        var time = new FixedTime(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        for (var i = 0; i < 2; i++)
        {
            await present.ExecuteAsync("update geofences set name = 'Later' where id = 1");
            await using var restored = await household.RestoreAsync(household.Plain, new StringWriter(), over: present, time: time);
            await using var databases = household.Databases(present, time);
            var told = new StringWriter();
            await RestoreCommand.SwapAsync(databases, present.Name, restored.Name, told, CancellationToken.None);
            told.ToString().ShouldBe($"""
                Restored: {present.Name} is the backup now.
                The former database is kept as {present.Name}_before_2026010203040{5 + i}. To delete it: teslamate restore --drop-old

                """);
            present.TestSource.Clear();
            (await present.ScalarAsync<string>("select name from geofences where id = 1")).ShouldBe("Home");
        }

        await using (var databases = household.Databases(present, time))
            await databases.DropFormerAsync(CancellationToken.None);
        (await present.LinesAsync($"select datname from pg_database where datname like '{present.Name}\\_%'")).ShouldBe([foreign]);
        await Household.AdministerAsync($"drop database {foreign}");
    }

    [Fact]
    public async Task There_is_one_restore_at_a_time_and_one_that_dies_leaves_nothing()
    {
        await using var present = await household.CopyAsync();
        using var questions = new AnonymousPipeServerStream(PipeDirection.Out);
        using var answers = new AnonymousPipeServerStream(PipeDirection.In);
        var first = household.Databases(present);
        var serving = ServeAsync();
        var asking = new AdministratorPipe(new StreamReader(answers), new StreamWriter(questions));
        var fresh = await asking.BeginAsync(1000, CancellationToken.None);
        (await ExistsAsync(fresh)).ShouldBeTrue();

        await using (var second = household.Databases(present))
            (await Should.ThrowAsync<RestoreException>(() => second.BeginAsync(null, CancellationToken.None))).Message.ShouldContain(
                "another restore of");
        // The process that asks is gone, whatever it was doing: its end of the pipe closes.
        await asking.DisposeAsync();
        await serving;
        (await ExistsAsync(fresh)).ShouldBeFalse();

        async Task ServeAsync()
        {
            await using (first)
            {
                using var asked = new StreamReader(new AnonymousPipeClientStream(PipeDirection.In, questions.ClientSafePipeHandle));
                await using var answering = new StreamWriter(new AnonymousPipeClientStream(PipeDirection.Out, answers.ClientSafePipeHandle));
                await AdministratorPipe.ServeAsync(first, asked, answering, CancellationToken.None);
                await first.DisposeAsync();
            }
        }

        async Task<bool> ExistsAsync(string name)
            => await present.ScalarAsync<bool>($"select exists (select from pg_database where datname = '{name}')");
    }

    [Fact]
    public async Task The_administrators_process_ends_when_it_is_told_to_though_its_pipe_stays_open()
    {
        await using var databases = household.Databases(household.Present);
        using var stop = new CancellationTokenSource();
        var serving = AdministratorPipe.ServeAsync(databases, new SilentInput(), TextWriter.Null, stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => serving.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData(30_000_000_000_000_000, "disk has")]
    [InlineData(0, null)]
    public async Task A_disk_that_is_too_small_is_told_of_before_anything_is_made(long needed, string? sentence)
    {
        await using var databases = household.Databases(household.Present);
        if (sentence is null)
            (await databases.BeginAsync(needed, CancellationToken.None)).ShouldStartWith(household.Present.Name + "_restore_");
        else
            (await Should.ThrowAsync<RestoreException>(() => databases.BeginAsync(needed, CancellationToken.None))).Message.ShouldContain(sentence);
    }

    /// <summary>As standard input: a read that has begun goes on until something comes.</summary>
    sealed class SilentInput : TextReader
    {
        public override ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) => new(new TaskCompletionSource<string?>().Task);
    }

    sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    /// <summary>A folder of a test's own.</summary>
    public sealed class TempFolder : IDisposable
    {
        readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("teslamate-restore-tests-");

        public TempFolder() => System.IO.File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_111_111);

        public string File(string name) => Path.Combine(_folder.FullName, name);

        public void Dispose() => _folder.Delete(recursive: true);
    }

    /// <summary>A database with something of everything, its backups, and the role that owns it.</summary>
    public sealed class Household : IAsyncLifetime
    {
        internal const int Positions = 30_000;

        static readonly string[] Compared = ["cars", "geofences", "positions", "private.tokens", "teslamate.car_logs"];

        readonly TempFolder _folder = new();
        TestDatabase? _present;

        internal string Owner { get; } = $"owner_{Environment.ProcessId}";

        internal TestDatabase Present => _present!;

        internal string Plain => _folder.File("plain.sql");

        internal List<string> Fingerprint { get; private set; } = [];

        internal Dictionary<string, List<string>> Rows { get; } = [];

        public async Task InitializeAsync()
        {
            await AdministerAsync($"create role {Owner} login");
            _present = await TestServer.CreateDatabaseAsync();
            await Present.ExecuteAsync("create extension cube; create extension earthdistance");
            await AdministerAsync($"alter database {Present.Name} owner to {Owner}; alter schema public owner to {Owner}", Present.Name);
            (await Present.Migrator(user: Owner).MigrateAsync(new Told(),
                CancellationToken.None)).ShouldBeOfType<TeslaMate.Database.Migrations.MigrationOutcome.Done>();
            await Present.ExecuteAsync($$"""
                with settings as (insert into car_settings default values returning id)
                insert into cars (eid, vid, vin, model, name, settings_id, inserted_at, updated_at)
                select 1, 1, '5YJ3E7EA0KF000001', '3', E'Zo\u00eb\\ the\tfirst\n\\.\n\u26a1', id, now(), now() from settings;
                insert into positions (date, latitude, longitude, car_id) select timestamp '2024-01-01' + n * interval '1 s', 52.5, 13.4, 1
                    from generate_series(1, {{Positions}}) n;
                insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at)
                    values ('Home', 52.5, 13.4, 50, now(), now()), (E'\\.', 1, 2, 30, now(), now());
                insert into private.tokens (access, refresh, inserted_at, updated_at) values ('\x00ff5c2e0a', '\x01', now(), now());
                grant select on cars to public;
                """);
            Fingerprint = await Present.FingerprintAsync();
            foreach (var table in Compared)
                Rows[table] = await Present.RowsAsync(table);
            await DumpAsync(_folder, "plain", Present.Name, "plain.sql");
        }

        public async Task DisposeAsync()
        {
            if (_present is not null)
                await _present.DisposeAsync();
            await AdministerAsync($"drop owned by {Owner}; drop role {Owner}");
            _folder.Dispose();
        }

        /// <summary>A database of the test's own with the same in it.</summary>
        internal async Task<TestDatabase> CopyAsync()
        {
            Present.TestSource.Clear();
            var copy = await TestServer.CreateDatabaseAsync(Present.Name);
            await AdministerAsync($"alter database {copy.Name} owner to {Owner}");
            return copy;
        }

        internal async Task<string?> PasswordAsync()
            => await Present.ScalarAsync<string>($"select coalesce(passwd, '') from pg_shadow where usename = '{Owner}'");

        internal static async Task AdministerAsync(string sql, string? database = null, bool mayFail = false)
        {
            var connection = new NpgsqlConnectionStringBuilder(await TestServer.ConnectionStringAsync());
            if (database is not null)
                connection.Database = database;
            try
            {
                await TestServer.ExecuteAsync(connection.ConnectionString, sql);
            }
            catch (PostgresException) when (mayFail)
            {
                // What cannot belong to another role stays as it is.
            }
        }

        internal RestoreDatabases Databases(TestDatabase present, TimeProvider? time = null)
            => new(present.Settings(), Owner, time ?? TimeProvider.System, TextWriter.Null);

        /// <summary>Restores beside a database and returns the new one; the administrator makes it, the owner loads it.</summary>
        internal async Task<TestDatabase> RestoreAsync(string path, StringWriter notes, TestDatabase? over = null, TimeProvider? time = null,
            string? as_ = null, bool throughPipe = false, bool withCode = false)
        {
            var present = over ?? Present;
            await using var databases = Databases(present, time);
            var variables = new TeslaMate.Configuration.Variables(new Dictionary<string, string> { ["ENCRYPTION_KEY"] = Migrations.Key });
            var restore = new Restore(present.Settings(as_ ?? Owner), variables, databases, time ?? TimeProvider.System,
                TextWriter.Synchronized(notes))
            { WithCode = withCode };
            using var pipe = throughPipe ? new AnonymousPipeServerStream(PipeDirection.Out) : null;
            var feeding = pipe is null ? Task.CompletedTask : FeedAsync(pipe, path);
            var name = await restore.RunAsync(pipe is null ? path : "-",
                () => new AnonymousPipeClientStream(PipeDirection.In, pipe!.ClientSafePipeHandle), keep: true, CancellationToken.None);
            await feeding;
            var administration = await TestServer.ConnectionStringAsync();
            return new TestDatabase(new NpgsqlConnectionStringBuilder(administration) { Database = name }.ConnectionString, administration, name);
        }

        internal async Task NothingIsLeftAsync()
            => (await Present.LinesAsync($"select datname from pg_database where datname like '{Present.Name}\\_%'")).ShouldBeEmpty();

        internal Task<string> DumpAsync(TempFolder folder, string format, string? database = null, string name = "dump") => format switch
        {
            "custom, compressed once more" => ThroughAsync("custom", bytes => Gzip(bytes)),
            "tar" or "tar through a pipe" => PgDumpAsync(folder.File(name), database, "--format=tar"),
            "directory" => PgDumpAsync(folder.File(name), database, "--format=directory"),
            "plain" => PgDumpAsync(folder.File(name), database, "--format=plain"),
            "plain, gzip" => ThroughAsync("plain", bytes => Gzip(bytes)),
            "plain, zstd" => ZstdAsync(),
            "plain as PowerShell writes it" => ThroughAsync("plain", bytes => PowerShell(bytes, Encoding.Unicode)),
            "plain as PowerShell writes it, big endian" => ThroughAsync("plain", bytes => PowerShell(bytes, Encoding.BigEndianUnicode)),
            "plain with a byte order mark and Windows' line ends" => ThroughAsync("plain", bytes => PowerShell(bytes, Encoding.UTF8)),
            "plain with inserts, clean and create"
                => PgDumpAsync(folder.File(name), database, "--format=plain", "--inserts", "--clean", "--if-exists", "--create"),
            _ => PgDumpAsync(folder.File(name), database, "--format=custom"),
        };

        internal async Task<string> BadAsync(TempFolder folder, string kind)
        {
            var file = folder.File("bad");
            async Task<byte[]> OfAsync(string format) => await File.ReadAllBytesAsync(await DumpAsync(folder, format, Present.Name, "good"));
            switch (kind)
            {
                case "missing":
                    return folder.File("missing");
                case "a folder":
                    return Directory.CreateDirectory(file).FullName;
                case "another program's":
                    var other = $"other_{Environment.ProcessId}";
                    await AdministerAsync($"create database {other}");
                    await AdministerAsync("create table notes (id int); insert into notes values (1)", other);
                    await PgDumpAsync(file, other, "--format=custom");
                    await AdministerAsync($"drop database {other}");
                    return file;
                case "xz":
                    await File.WriteAllBytesAsync(file, [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, 0, 4]);
                    return file;
                case "tar of something else":
                    await File.WriteAllTextAsync(folder.File("x"), "x");
                    await ProcessAsync("tar", ["-cf", file, "-C", Path.GetDirectoryName(file)!, "x"]);
                    return file;
                case "Latin-1":
                    await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(Plain)).Replace("client_encoding = 'UTF8'",
                        "client_encoding = 'LATIN1'", StringComparison.Ordinal));
                    return file;
                case "a server's":
                    await File.WriteAllTextAsync(file, "--\n-- PostgreSQL database cluster dump\n--\n" + await File.ReadAllTextAsync(Plain));
                    return file;
                case "noise":
                    await File.WriteAllBytesAsync(file, [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7919 >> 3))]);
                    return file;
                case "nothing":
                    await File.WriteAllBytesAsync(file, []);
                    return file;
            }

            var bytes = kind switch
            {
                "half of a custom one" => (await OfAsync("custom"))[..^60_000],
                "half of a plain one" => (await OfAsync("plain"))[..^900_000],
                "a plain one without its end" => (await OfAsync("plain"))[..^150],
                "half of a gzip file" => (await OfAsync("plain, gzip"))[..^2000],
                "custom through PowerShell" => PowerShell(await OfAsync("custom"), Encoding.Unicode),
                _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such file"),
            };
            await File.WriteAllBytesAsync(file, bytes);
            return file;
        }

        static async Task FeedAsync(AnonymousPipeServerStream pipe, string path)
        {
            await using var file = File.OpenRead(path);
            try
            {
                await file.CopyToAsync(pipe);
            }
            catch (IOException)
            {
                // The end of a tar file is empty blocks, which nobody needs to read.
            }

            await pipe.DisposeAsync();
        }

        async Task<string> ThroughAsync(string format, Func<byte[], byte[]> change)
        {
            using var folder = new TempFolder();
            var file = await DumpAsync(folder, format, Present.Name);
            var changed = Path.Combine(Path.GetDirectoryName(_folder.File("x"))!, $"{Guid.NewGuid():N}");
            await File.WriteAllBytesAsync(changed, change(await File.ReadAllBytesAsync(file)));
            return changed;
        }

        async Task<string> ZstdAsync()
        {
            var file = _folder.File($"{Guid.NewGuid():N}.sql.zst");
            await ProcessAsync("zstd", ["-q", Plain, "-o", file]);
            return file;
        }

        static byte[] Gzip(byte[] bytes)
        {
            using var to = new MemoryStream();
            using (var gzip = new GZipStream(to, CompressionLevel.Fastest))
                gzip.Write(bytes);
            return to.ToArray();
        }

        static byte[] PowerShell(byte[] bytes, Encoding encoding)
            => [.. encoding.GetPreamble(), .. encoding.GetBytes(Encoding.UTF8.GetString(bytes).Replace("\n", "\r\n", StringComparison.Ordinal))];

        async Task<string> PgDumpAsync(string file, string? database, params string[] arguments)
        {
            var connection = new NpgsqlConnectionStringBuilder(await TestServer.ConnectionStringAsync());
            var binaries = PrivateCluster.FindBinaries();
            await ProcessAsync(binaries is null ? "pg_dump" : Path.Combine(binaries, "pg_dump"),
                ["--host", connection.Host!, "--port", $"{connection.Port}", "--username", connection.Username!, "--file", file, .. arguments,
                    database ?? Present.Name], connection.Password);
            return file;
        }

        static async Task ProcessAsync(string program, string[] arguments, string? password = null)
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
            start.Environment["PGPASSWORD"] = password ?? "";
            using var process = Process.Start(start)!;
            var errors = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            process.ExitCode.ShouldBe(0, errors);
        }
    }
}
