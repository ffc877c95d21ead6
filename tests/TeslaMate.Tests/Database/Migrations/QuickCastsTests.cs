using Npgsql;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>The quicker casts give what the files' own give, on any row.</summary>
public sealed class QuickCastsTests
{
    const long Narrower = 20200410112005;

    [Theory]
    [InlineData("positions", "latitude", 8, 6)]
    [InlineData("positions", "longitude", 9, 6)]
    [InlineData("positions", "ideal_battery_range_km", 6, 2)]
    [InlineData("positions", "outside_temp", 4, 1)]
    [InlineData("charging_processes", "charge_energy_added", 8, 2)]
    public async Task Rows_become_what_the_file_makes_of_them(string table, string column, int precision, int scale)
    {
        var file = $"alter table {table}\n    alter {column} type numeric({precision}, {scale});";
        var quick = QuickCasts.In(Narrower, file);
        quick.ShouldContain("using case");
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await ExecuteAsync($"""
            select setseed(0.42);
            create temp table given as
                select row_number() over () as id, {column} from (
                    -- Anywhere; on ties and beside them; on what is stored and beside it; tiny, at the limits, not a number, not there.
                    select (random() - 0.5) * 1.99 * 10 ^ {precision - scale} as {column} from generate_series(1, 50000)
                    union all
                    select sign * (n + 0.5 + beside) / 10 ^ {scale}
                    from generate_series(0, 3000) as n, unnest(array[1, -1]) as sign,
                        unnest(array[0, 1e-12, -1e-12, 1e-9, -1e-9, 1e-4, -1e-4, 2e-3, -2e-3]) as beside
                    union all
                    select (floor(random() * 10 ^ {precision - 1}) + 0.5) / 10 ^ {scale} from generate_series(1, 20000)
                    union all
                    select floor(random() * 10 ^ {precision}) / 10 ^ {scale} from generate_series(1, 20000)
                    union all
                    select unnest(array[null, 'NaN', 0, '-0', 1e-300, -1e-300, 5e-324,
                        10 ^ {precision - scale} - 0.6 / 10 ^ {scale}, -(10 ^ {precision - scale}) + 0.6 / 10 ^ {scale}]::double precision[])
                ) as rows;
            create temp table expected as table given;
            create temp table {table} as table given;
            """);
        await ExecuteAsync(file.Replace(table, "expected", StringComparison.Ordinal));
        await ExecuteAsync(quick);
        await using var differences = new NpgsqlCommand($"""
            select count(*) filter (where {table}.{column}::text is distinct from expected.{column}::text) || ' of ' || (count(*) > 100000)
            from expected join {table} using (id)
            """, connection);
        (await differences.ExecuteScalarAsync()).ShouldBe("0 of true");

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Theory]
    [InlineData("1e9")]
    [InlineData("-100")]
    [InlineData("99.9999996")]
    [InlineData("'infinity'")]
    public async Task What_does_not_fit_is_refused_as_by_the_file(string value)
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        foreach (var sql in (string[])[File, QuickCasts.In(Narrower, File)])
        {
            await using var command = source.CreateCommand(
                $"create temp table geofences as select {value}::double precision as latitude; {sql} drop table geofences");
            (await Should.ThrowAsync<PostgresException>(command.ExecuteNonQueryAsync)).SqlState.ShouldBe(PostgresErrorCodes.NumericValueOutOfRange);
        }
    }

    const string File = "alter table geofences alter latitude type numeric(8, 6);";

    [Fact]
    public void Other_columns_and_versions_are_left_alone()
    {
        QuickCasts.In(20200410112006, File).ShouldBe(File);
        const string Other = "alter table positions alter id type int, alter speed type smallint, alter latitude type numeric(8, 6) using 1;";
        QuickCasts.In(Narrower, Other).ShouldBe(Other);
    }
}
