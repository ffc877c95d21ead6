using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Clusters;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

public sealed class PreflightTests
{
    public static TheoryData<string, string> WhatStopsAnUpgrade => new()
    {
        { "alter table cars add vin text; update cars set vin = 'X'", "makes a column vin in public.cars" },
        { "insert into states (state, start_date, car_id) values ('online', now(), 1), ('asleep', now(), 1)",
            "2 rows of public.states are open beside another of the same car" },
        { "insert into states (state, start_date, end_date, car_id) values ('online', '2019-02-02', '2019-02-01', 1)",
            "1 row of public.states end before they start" },
        { "update drives set duration_min = 40000 where id in (3, 7)", "2 rows of public.drives have a duration_min that does not fit smallint" },
        { "update drives set start_range_km = 9999.995 where id = 3", "1 row of public.drives have a start_range_km that does not fit numeric(6,2)" },
        { "update positions set altitude = 40000 where id = 17", "1 row of public.positions have a altitude that does not fit smallint" },
        { "update charging_processes set start_date = null where id = 5", "1 row of public.charging_processes have no start_date" },
        { "delete from settings", "The table settings has 0 rows" },
        { "update settings set suspend_min = 91", "1 row of public.settings have a suspend_min that is not between 1 and 90" },
        { "create index cars_vin_index on cars (eid)", "makes an index public.cars_vin_index, but an index of that name is there already" },
        { "create table import_runs (id int)", "makes a table public.import_runs, but a table of that name is there already" },
        { "create type range as enum ('near', 'far')", "makes an enum public.range" },
        { "alter table positions add tpms_pressure_fl int", "makes a column tpms_pressure_fl in public.positions" },
        { "create view long_drives as select id, duration_min from drives where distance > 100",
            "The view long_drives uses column id of public.drives" },
        { "create materialized view speeds as select avg(speed) from positions",
            "The materialized view speeds uses column speed of public.positions" },
        {
            "create function noop() returns trigger language plpgsql as 'begin return new; end'; create trigger watch before update of speed on "
                + "positions for each row execute function noop()",
            "The trigger watch on positions uses column speed of public.positions"
        },
        { "alter table positions add sum double precision generated always as (latitude + longitude) stored",
            "The generated column sum on positions uses column latitude of public.positions" },
        { "create policy mine on drives using (duration_min > 3)", "The policy mine on drives uses column duration_min of public.drives" },
        { "create table notes (place_id int references addresses (place_id))",
            "The foreign key notes_place_id_fkey on notes uses column place_id of public.addresses" },
        { "create rule keep as on update to drives where new.duration_min < 0 do instead nothing",
            "The rule keep on drives uses column duration_min of public.drives" },
        { "create function fastest() returns int return (select max(speed) from positions)",
            "The function fastest() uses column speed of public.positions" },
        { "create view odometers as select public.convert_km(3::double precision, 'mi') as miles", Uses("view odometers") },
        { "create materialized view odometers as select public.convert_km(3::double precision, 'mi') as miles",
            Uses("materialized view odometers") },
        {
            "create table tours (km double precision); create rule keep as on update to tours "
                + "where public.convert_km(new.km, 'mi') < 0 do instead nothing",
            Uses("rule keep on tours")
        },
        {
            "create function noop() returns trigger language plpgsql as 'begin return new; end'; create table tours (km double precision); "
                + "create trigger watch before insert on tours for each row when (public.convert_km(new.km, 'mi') > 3) execute function noop()",
            Uses("trigger watch on tours")
        },
        { "create table tours (km double precision); create policy mine on tours using (public.convert_km(km, 'mi') > 3)",
            Uses("policy mine on tours") },
        { "create table tours (km double precision, mi double precision generated always as (public.convert_km(km, 'mi')) stored)",
            Uses("generated column mi on tours") },
        { "create table tours (mi double precision default public.convert_km(3::double precision, 'mi'))", Uses("default mi on tours") },
        { "create table tours (km double precision, constraint far check (public.convert_km(km, 'mi') > 3))", Uses("constraint far on tours") },
        { "create table tours (km double precision); create index tours_mi on tours (public.convert_km(km, 'mi'))", Uses("index tours_mi") },
        { "create function miles() returns double precision return public.convert_km(3::double precision, 'mi')", Uses("function miles()") },
    };

    static string Uses(string what) => $"The {what} uses function public.convert_km(n double precision, unit text)";

    /// <summary>Version, what is wrong, and what shall be there after the upgrade.</summary>
    public static TheoryData<long, string, string, string> WhatARemedyMends => new()
    {
        { 20190812191616, "update drives set duration_min = 40000 where id = 3", "select duration_min::text from drives where id = 3", "" },
        { 20190812191616, "update positions set latitude = 123.4, altitude = 1e9 where id = 17",
            "select latitude || ' ' || coalesce(elevation, 0) from positions where id = 17", "99.999999 0" },
        { 20190812191616, "update positions set longitude = 'NaN' where id = 17; update charges set charger_power = 'Infinity' where id = 7",
            "select charger_power::text from charges where id = 7", "32767" },
        { 20190812191616, "update charging_processes set start_date = null where id = 5",
            "select count(*) || ' ' || count(start_date) from charging_processes", "40 40" },
        {
            20190812191616, "alter table positions drop constraint positions_drive_id_fkey; insert into drives (id, start_date, car_id) values "
                + "(999, now(), 1); "
                + "update positions set drive_id = 999 where id = 17; delete from drives where id = 999",
            "select drive_id::text from positions where id = 17", ""
        },
        { 20210812173700, "update cars set display_priority = null where id = 2", "select string_agg(display_priority::text, ' ') from cars", "1 1" },
    };

    [Theory]
    [MemberData(nameof(WhatStopsAnUpgrade))]
    public async Task What_would_stop_a_version_is_named_before_anything_runs(string change, string expected)
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        await database.ExecuteAsync(change);
        var before = await database.FingerprintAsync();
        var refused = (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldContain(error => error.Cause.Contains(expected, StringComparison.Ordinal));
        refused.Errors.ShouldAllBe(error => error.Remedy.Length > 0);
        (await database.FingerprintAsync()).ShouldBe(before);
        (await database.ScalarAsync<bool>("select to_regclass('changelog') is null")).ShouldBeTrue();
        // The query that shows the rows must run as it is given.
        foreach (var statement in refused.Errors.Select(error => error.Statement).OfType<string>())
            await database.ExecuteAsync(statement);
        // So must the one that takes something out of the way.
        const string Drop = "drop it (";
        foreach (var remedy in refused.Errors.Select(error => error.Remedy)
            .Where(remedy => remedy.StartsWith("Keep its definition", StringComparison.Ordinal)))
            await database.ExecuteAsync(
                remedy[(remedy.IndexOf(Drop, StringComparison.Ordinal) + Drop.Length)..remedy.IndexOf(";)", StringComparison.Ordinal)]);
    }

    [Theory]
    [MemberData(nameof(WhatARemedyMends))]
    public async Task What_a_remedy_says_lets_the_upgrade_through_and_costs_no_row(long version, string change, string query, string expected)
    {
        await using var database = await OldDatabase.CreateAsync(version);
        await database.ExecuteAsync(change);
        var refused = (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        foreach (var error in refused.Errors)
            await database.ExecuteAsync(error.Remedy[error.Remedy.IndexOf("update ", StringComparison.Ordinal)..]);
        (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.ScalarAsync<string>(query) ?? "").ShouldBe(expected);
        (await database.ScalarAsync<string>("select concat_ws(' ', (select count(*) from cars), (select count(*) from drives), (select count(*) "
            + "from positions), (select count(*) from charges))"))
            .ShouldBe("2 200 20000 1600");
    }

    [Fact]
    public async Task What_a_version_on_the_way_puts_right_stops_nothing()
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        await database.ExecuteAsync("""
            update settings set suspend_min = 0;
            update charging_processes set duration_min = 40000 where id = 3;
            insert into addresses (latitude, longitude, inserted_at, updated_at) values (123.4, 500, now(), now())
            """);
        (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.ScalarAsync<string>("""
            select concat_ws(' ', (select string_agg(suspend_min::text, ',') from car_settings),
                (select duration_min from charging_processes where id = 3), (select count(*) from addresses))
            """)).ShouldBe("21,21 39 0");
    }

    [Fact]
    public async Task A_missing_row_of_settings_is_named_also_on_the_way_to_an_early_version()
    {
        await using var database = await OldDatabase.CreateAsync(20190731154452);
        await database.ExecuteAsync("delete from settings");
        (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None, to: 20190810105216)).ShouldBeOfType<MigrationOutcome.Refused>()
            .Errors.ShouldHaveSingleItem().Cause.ShouldContain("version 20190810105216");
    }

    [Fact]
    public async Task Doubled_VINs_are_named_with_their_cars()
    {
        await using var database = await OldDatabase.CreateAsync(20190816165713);
        await database.ExecuteAsync("update cars set vin = '5YJ3'");
        var refused = (await database.Migrator().MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        var error = refused.Errors.ShouldHaveSingleItem();
        error.Cause.ShouldContain("""{"id": 1, "vin": "5YJ3"}, {"id": 2, "vin": "5YJ3"}""");
        (await database.LinesAsync(error.Statement!)).ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task What_others_added_and_nothing_needs_to_change_stays()
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        await database.ExecuteAsync("""
            create schema grafana; create table grafana.dashboards (id int); create table my_notes (id int primary key,
                car_id bigint references cars (id));
            alter table drives add my_remark text; create index my_index on positions (speed); create view distances as select sum(distance)
                from drives
            """);
        await database.MigrateAsync();
        (await database.FingerprintAsync()).Except(RecordedSteps.SchemaAt(RecordedSteps.Newest))
            .ShouldContain(line => line.Contains("my_remark", StringComparison.Ordinal));
        (await database.Migrator().CheckAsync(CancellationToken.None)).Select(difference => difference.Description)
            .ShouldBe(["extra column my_remark of table public.drives (text)",
                "extra index my_index on public.positions (CREATE INDEX my_index ON public.positions USING btree (speed))"],
                ignoreOrder: true);
    }

    [Fact]
    public async Task A_role_without_superuser_needs_the_extensions_and_is_told_the_statement()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database);
        var refused = (await database.Migrator(user: role.Name).MigrateAsync(new Told(),
            CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        var error = refused.Errors.ShouldHaveSingleItem();
        error.Cause.ShouldContain("lacks the extension earthdistance");
        var statement = error.Remedy[error.Remedy.IndexOf("create extension", StringComparison.Ordinal)..];
        await database.ExecuteAsync(statement);
        (await database.Migrator(user: role.Name).MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(RecordedSteps.Newest));
    }

    [Fact]
    public async Task A_role_without_superuser_goes_all_steps_when_the_extensions_exist_and_back()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database);
        await database.ExecuteAsync("create extension earthdistance with schema public cascade");
        (await database.Migrator(user: role.Name).MigrateAsync(new Told(), CancellationToken.None,
            to: 20190330150000)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.Migrator(user: role.Name).MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
        (await database.FingerprintAsync()).ShouldBe(RecordedSteps.SchemaAt(RecordedSteps.Newest));
        var back = await database.Migrator(user: role.Name).RollbackAsync(20190928155641, new Told(), CancellationToken.None);
        back.ShouldBeOfType<MigrationOutcome.Done>(back.ToString());
    }

    [Fact]
    public async Task Tables_of_another_owner_are_named_with_the_statement_that_hands_them_over()
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        await using var role = await TestRole.CreateAsync(database);
        await database.ExecuteAsync("create extension earthdistance with schema public cascade");
        var refused = (await database.Migrator(user: role.Name).MigrateAsync(new Told(),
            CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldContain(
            error => error.Remedy.Contains($"alter table public.positions owner to \"{role.Name}\";", StringComparison.Ordinal));

        // Types and functions that a later version renames or replaces belong to it, and what the remedies say is enough.
        const string Statement = "Have an administrator run: ";
        refused.Errors.ShouldContain(error => error.Remedy.Contains($"alter type public.length owner to \"{role.Name}\";", StringComparison.Ordinal));
        refused.Errors.ShouldContain(
            error => error.Remedy.Contains("alter function public.convert_km(n double precision, unit text) owner", StringComparison.Ordinal));
        foreach (var error in refused.Errors)
            await database.ExecuteAsync(error.Remedy[(error.Remedy.IndexOf(Statement, StringComparison.Ordinal) + Statement.Length)..]);
        (await database.Migrator(user: role.Name).MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Done>();
    }

    [Fact]
    public async Task A_schema_of_another_owner_where_the_tokens_are_to_go_is_named()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database);
        await database.ExecuteAsync("create extension earthdistance with schema public cascade");
        (await database.Migrator(user: role.Name).MigrateAsync(new Told(), CancellationToken.None,
            to: 20250613133700)).ShouldBeOfType<MigrationOutcome.Done>();
        await database.ExecuteAsync("create schema private");
        (await database.Migrator(user: role.Name).MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>()
            .Errors.ShouldHaveSingleItem().Remedy.ShouldContain($"grant create, usage on schema private to \"{role.Name}\"");
    }

    [Fact]
    public async Task A_place_whose_name_is_too_long_for_a_city_is_named()
    {
        await using var database = await OldDatabase.CreateAsync(20200302100654);
        await database.ExecuteAsync("""
            insert into addresses (raw, inserted_at, updated_at)
            select jsonb_build_object('address', jsonb_build_object('village', repeat('x', length))), now(), now()
                from unnest(array[255, 256]) as length
            """);
        var error = (await database.Migrator().MigrateAsync(new Told(),
            CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>().Errors.ShouldHaveSingleItem();
        error.Cause.ShouldStartWith("1 row of public.addresses");
        await database.ExecuteAsync(
            error.Remedy[error.Remedy.IndexOf("update", StringComparison.Ordinal)..].Replace("<id>", "2", StringComparison.Ordinal));
        await database.MigrateAsync();
        (await database.ScalarAsync<int?>("select length(city) from addresses where id = 1")).ShouldBe(255);
    }

    [Theory]
    [InlineData("function public.concat_ws(text, text, character varying) returns text language plpgsql")]
    [InlineData("function public.to_regclass(name) returns regclass language plpgsql")]
    [InlineData("function public.btrim(character varying) returns text language plpgsql")]
    [InlineData("function public.format(text, name, name) returns text language plpgsql")]
    [InlineData("function public.set_config(text, text, boolean) returns text language plpgsql")]
    [InlineData("function public.earth_box(public.earth, numeric) returns public.cube language plpgsql")]
    public async Task A_function_that_somebody_put_in_front_of_a_built_in_one_is_refused_and_never_run(string function)
    {
        await using var database = await OldDatabase.CreateAsync(20200502140646);
        await using var role = await TestRole.CreateAsync(database);
        await database.ExecuteAsync($"""
            create table public.caught (who text); grant insert on public.caught to {role.Name};
            set role {role.Name};
            create {function} as $$ begin insert into public.caught values (current_user); return null; end $$;
            reset role
            """);
        var error = (await database.Migrator().MigrateAsync(new Told(),
            CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>().Errors.ShouldHaveSingleItem();
        error.Cause.ShouldContain(role.Name);
        await database.Migrator().ForecastAsync(CancellationToken.None);
        await database.Migrator().CheckAsync(CancellationToken.None);
        var state = await database.Migrator().StateAsync(CancellationToken.None);
        state.Warnings.ShouldHaveSingleItem().ShouldContain($"revoke create on schema public from {role.Name}");
        (await database.LinesAsync("select who from caught")).ShouldBeEmpty();

        const string Drop = "Drop it (";
        await database.ExecuteAsync(
            error.Remedy[(error.Remedy.IndexOf(Drop, StringComparison.Ordinal) + Drop.Length)..error.Remedy.IndexOf(";)", StringComparison.Ordinal)]);
        await database.ExecuteAsync(error.Remedy[error.Remedy.IndexOf("revoke", StringComparison.Ordinal)..]);
        await database.MigrateAsync();
        (await database.Migrator().StateAsync(CancellationToken.None)).Warnings.ShouldBeEmpty();
        (await database.LinesAsync("select who from caught")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_function_that_comes_while_a_migration_runs_stops_it_before_the_next_version()
    {
        await using var database = await OldDatabase.CreateAsync(20200502140646);
        await using var role = await TestRole.CreateAsync(database);
        await database.ExecuteAsync($"create table public.caught (who text); grant insert on public.caught to {role.Name}");
        var stranger = new OnFirst<MigrationProgress.Finished>(() => database.ExecuteAsync($"""
            set role {role.Name};
            create function public.btrim(character varying) returns text language plpgsql as $$ begin insert into public.caught
                values (current_user); return null; end $$;
            reset role
            """));

        var failed = (await database.Migrator().MigrateAsync(stranger, CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Failed>();

        failed.Message.ShouldContain("btrim");
        failed.Remedy.ShouldContain("revoke create on schema public");
        (await database.LinesAsync("select who from caught")).ShouldBeEmpty();
        await database.ExecuteAsync("drop function public.btrim(character varying)");
        await database.MigrateAsync();
    }

    [Fact]
    public async Task The_right_of_everybody_to_create_in_public_is_revoked()
    {
        await using var database = await OldDatabase.CreateAsync(20200502140646);
        await database.ExecuteAsync("grant create on schema public to public");
        var told = new Told();
        await database.Migrator().MigrateAsync(told, CancellationToken.None);
        told.Notes.ShouldContain(note => note.Contains("is revoked", StringComparison.Ordinal));
        (await database.Migrator().StateAsync(CancellationToken.None)).Warnings.ShouldBeEmpty();
        await database.Migrator().MigrateAsync(told = new Told(), CancellationToken.None);
        told.Notes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Functions_of_the_owners_own_triggers_indexes_and_checks_go_on_finding_what_they_name()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await database.ExecuteAsync("""
            create table visits (geofence text);
            create function count_visit() returns trigger language plpgsql as $$ begin insert into visits values (new.name); return null; end $$;
            create trigger count_visit after insert on geofences for each row execute function count_visit();
            create function is_known(place text) returns boolean immutable language sql as $$
                select not exists (select from visits where geofence = place) $$;
            alter table geofences add constraint known check (is_known(name));
            create function nick(place text) returns text immutable language sql as $$ select left(place, 3) $$;
            create function key_of(place text) returns text immutable language sql as $$ select md5(nick(place)) $$;
            create index on geofences (key_of(name));
            """);
        const string Insert = "insert into public.geofences (name, latitude, longitude, radius, inserted_at, updated_at) values ($1, 1, 1, 10, "
            + "now(), now())";

        await database.Migrator().MigrateAsync(new Told(), CancellationToken.None);

        await using var command = database.DataSource.CreateCommand(Insert);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "Home" });
        await command.ExecuteNonQueryAsync();
        (await database.LinesAsync("select geofence from visits")).ShouldBe(["Home"]);
        (await database.LinesAsync("select proname from pg_proc where proconfig = array['search_path=public'] order by 1")).ShouldBe(["count_visit",
            "is_known", "key_of"]);
    }

    [Fact]
    public async Task A_read_only_role_is_told_so()
    {
        await using var database = await OldDatabase.CreateAsync(20190812191616);
        await using var role = await TestRole.CreateAsync(database);
        await database.ExecuteAsync($"alter role {role.Name} set default_transaction_read_only = on; grant select on all tables in schema public "
            + $"to {role.Name}");
        var refused = (await database.Migrator(user: role.Name).MigrateAsync(new Told(),
            CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldHaveSingleItem().Cause.ShouldContain("can only read");
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_named_with_the_statement_that_makes_it()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        var migrator = new Migrator(database.Settings() with { Name = "not_there" }, new Variables(new Dictionary<string, string>()),
            TimeProvider.System);
        var refused = (await migrator.MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldHaveSingleItem().Remedy.ShouldContain("create database \"not_there\" owner \"postgres\";");
    }

    [Fact]
    public async Task A_wrong_password_names_its_variable()
    {
        await using var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
        await TestServer.ExecuteAsync(cluster.ConnectionString(), "create role logger login password 'right'");
        await File.WriteAllTextAsync(Path.Combine(cluster.Folder, "data", "pg_hba.conf"), "local all postgres trust\nlocal all all scram-sha-256\n");
        await TestServer.ExecuteAsync(cluster.ConnectionString(), "select pg_reload_conf(), pg_sleep(0.2)");
        var settings = new DatabaseSettings { Host = cluster.Socket, Name = "postgres", User = "logger", Password = new Secret("wrong") };
        var migrator = new Migrator(settings, new Variables(new Dictionary<string, string>()), TimeProvider.System);
        var refused = (await migrator.MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldHaveSingleItem().Remedy.ShouldContain("DATABASE_PASS");
        refused.Errors[0].Cause.ShouldNotContain("wrong");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_an_obstacle_and_no_exception()
    {
        var settings = new DatabaseSettings { Host = "/nowhere", Name = "teslamate", User = "teslamate" };
        var migrator = new Migrator(settings, new Variables(new Dictionary<string, string>()), TimeProvider.System);
        var refused = (await migrator.MigrateAsync(new Told(), CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldHaveSingleItem().Remedy.ShouldContain("DATABASE_SOCKET_DIR");
    }

    [Fact]
    public async Task Going_back_is_refused_for_costs_that_the_earlier_type_cannot_hold()
    {
        await using var database = await TestServer.CreateDatabaseAsync();
        await database.MigrateAsync();
        await database.ExecuteAsync("insert into geofences (name, latitude, longitude, cost_per_unit, inserted_at, updated_at) values ('Home', 1, "
            + "1, 100, now(), now())");
        var refused = (await database.Migrator().RollbackAsync(20260718160000, new Told(),
            CancellationToken.None)).ShouldBeOfType<MigrationOutcome.Refused>();
        refused.Errors.ShouldHaveSingleItem().Cause.ShouldContain("cost_per_unit that does not fit numeric(6,4)");
        (await database.VersionsAsync()).Count.ShouldBe(RecordedSteps.Count);
    }
}

/// <summary>A login without superuser that owns its database's schema public.</summary>
/// <summary>Does something when it is told of <typeparamref name="T"/> for the first time, before the work goes on.</summary>
sealed class OnFirst<T>(Func<Task> act) : IProgress<MigrationProgress>
{
    int _seen;

    public void Report(MigrationProgress value)
    {
        if (value is T && Interlocked.Exchange(ref _seen, 1) == 0)
            act().GetAwaiter().GetResult();
    }
}

sealed class TestRole : IAsyncDisposable
{
    static int _last;

    readonly TestDatabase _database;

    TestRole(TestDatabase database, string name)
    {
        _database = database;
        Name = name;
    }

    public string Name { get; }

    public static async Task<TestRole> CreateAsync(TestDatabase database)
    {
        var role = new TestRole(database, $"role_{Environment.ProcessId}_{Interlocked.Increment(ref _last)}");
        await database.ExecuteAsync($"create role {role.Name} login; grant create, connect on database {database.Name} to {role.Name}; grant "
            + $"usage, create on schema public to {role.Name}");
        return role;
    }

    public async ValueTask DisposeAsync() => await _database.ExecuteAsync($"drop owned by {Name} cascade; drop role {Name}");
}
