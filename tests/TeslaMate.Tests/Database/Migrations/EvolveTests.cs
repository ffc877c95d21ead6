using System.Security.Cryptography;
using System.Text;

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

    static async Task EvolveFindsNothingToDoAsync(TestDatabase database)
    {
        (await database.ScalarAsync<long>("select count(*) from changelog where not success")).ShouldBe(0);
        var rows = await database.LinesAsync("select concat_ws('|', version, description, name, checksum) from changelog where type = 0 order by version");
        var files = Directory.GetFiles(SourceFolder(), "V*.sql").Order(StringComparer.Ordinal).Select(path =>
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
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../../src/TeslaMate.Database/Migrations"));
}
