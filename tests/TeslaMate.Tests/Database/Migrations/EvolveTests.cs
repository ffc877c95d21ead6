using System.Security.Cryptography;
using System.Text;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>What Evolve 3.4 checks before it runs, written down from its description and applied to what this program leaves behind.</summary>
public sealed class EvolveTests
{
    [Fact]
    public async Task After_the_baseline_Evolve_finds_everything_applied_and_valid()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await EvolveFindsNothingToDoAsync(database);
        (await database.LinesAsync("select concat_ws('|', type, version, description, name, checksum, success) from changelog where type <> 0"))
            .ShouldBe(["2|0|Empty schema found: public.|public||t"]);
    }

    [Fact]
    public async Task After_adoption_Evolve_finds_everything_applied_and_valid()
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        await database.MigrateAsync();
        await EvolveFindsNothingToDoAsync(database);
    }

    [Fact]
    public async Task The_table_is_Evolves()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        (await database.LinesAsync("""
            select concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end, pg_get_expr(d.adbin, d.adrelid))
            from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where a.attrelid = 'public.changelog'::regclass and a.attnum > 0 order by a.attnum
            """)).ShouldBe([
            "id integer not null nextval('changelog_id_seq'::regclass)",
            "type smallint",
            "version character varying(50)",
            "description character varying(200) not null",
            "name character varying(300) not null",
            "checksum character varying(32)",
            "installed_by character varying(100) not null",
            "installed_on timestamp without time zone not null now()",
            "success boolean not null",
        ]);
    }

    [Fact]
    public async Task What_Evolve_migrates_after_a_rollback_is_found_done()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        (await database.Migrator().RollbackAsync(20200203120311, new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        foreach (var migration in MigrationFolder.Embedded("").All.Where(migration => migration.Version >= 20200203120311))
        {
            await database.ExecuteAsync($"""
                {migration.Up.Text};
                insert into changelog (type, version, description, name, checksum, installed_by, success)
                values (0, '{migration.Version}', '{migration.Name.Replace('_', ' ')}', '{migration.Up.FileName}', '{migration.Up.Checksum}', current_user, true)
                """);
        }

        await database.MigrateAsync();
        (await database.VersionsAsync()).Count.ShouldBe(105);
        (await database.Migrator().CheckAsync(CancellationToken.None)).ShouldBeEmpty();
        await EvolveFindsNothingToDoAsync(database);
    }

    static async Task EvolveFindsNothingToDoAsync(TestDatabase database)
    {
        (await database.ScalarAsync<long>("select count(*) from changelog where not success")).ShouldBe(0);
        var rows = await database.LinesAsync("select concat_ws('|', version, description, name, checksum) from changelog where type = 0 order by version");
        // Evolve reads a folder with all that is below it.
        var files = Directory.GetFiles(SourceFolder(), "V*.sql", SearchOption.AllDirectories).OrderBy(path => Path.GetFileName(path), StringComparer.Ordinal).Select(path =>
        {
            var name = Path.GetFileName(path);
            var (version, description) = (name[1..name.IndexOf("__", StringComparison.Ordinal)], name[(name.IndexOf("__", StringComparison.Ordinal) + 2)..^4]);
#pragma warning disable CA5351 // Evolve's checksum
            var checksum = Convert.ToHexString(MD5.HashData(Encoding.UTF8.GetBytes(File.ReadAllText(path).Replace("\r\n", "\n", StringComparison.Ordinal))));
#pragma warning restore CA5351
            return $"{version}|{description.Replace('_', ' ')}|{name}|{checksum}";
        }).ToList();
        files.Count.ShouldBe(105);
        rows.ShouldBe(files);
    }

    static string SourceFolder([System.Runtime.CompilerServices.CallerFilePath] string here = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../../src/TeslaMate.Database/Migrations/Sql/public"));
}
