using System.Net;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Host;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>
/// A role that may create in schema public, and puts a function or operator whose arguments fit better in front of all of PostgreSQL's own.
/// </summary>
sealed class Stranger(TestRole role) : IAsyncDisposable
{
    /// <summary>One for each usual type that a column has in place of one that a built-in function or operator takes.</summary>
    const string Traps = """
        do $$ declare thing record; variant int; begin
            for thing in
                select proname as name, string_to_array(pg_get_function_identity_arguments(p.oid), ', ') as types,
                    format_type(prorettype, null) as result, false as is_operator
                from pg_proc as p
                where pronamespace = 'pg_catalog'::regnamespace and prokind = 'f' and pronargs between 1 and 4 and proallargtypes is null
                    and proargnames is null
                    and not proretset and proname !~ '(in|out|send|recv|_sup|support|sel|sel_|joinsel|cost|handler|typmod)$'
                    and not exists (select from unnest(proargtypes) as t where t::regtype::text in ('internal', 'cstring', 'record', 'trigger'))
                union all
                select oprname, array[format_type(oprleft, null), format_type(oprright, null)], format_type(oprresult, null), true
                from pg_operator
                where oprnamespace = 'pg_catalog'::regnamespace and oprkind = 'b'
                union all
                select 'concat_ws', array['text', 'text', 'text'], 'text', false
                union all
                select 'format', array['text', 'text'], 'text', false
            loop
                for variant in 1 .. 5 loop
                    declare
                        swapped text[];
                    begin
                        select array_agg(case
                                when type = 'text' and variant in (1, 4, 5) then 'character varying'
                                when type in ('double precision', 'numeric') then (array['smallint', 'numeric', 'integer', 'numeric', type])[variant]
                                when type = 'integer' then (array['smallint', 'bigint', type, 'smallint', 'numeric'])[variant]
                                when type = 'bigint' then (array['smallint', 'integer', 'integer', type, 'numeric'])[variant]
                                when type in ('anyelement', 'anycompatible', '"any"')
                                    then (array['character varying', 'smallint', 'numeric', 'integer', 'timestamp'])[variant]
                                when type = 'interval' and variant = 5 then 'text'
                                when type like 'timestamp with time zone%' then 'timestamp'
                                else type end order by place)
                        into swapped
                        from unnest(thing.types) with ordinality as given (type, place);
                        if variant = 5 then
                            swapped[1] := thing.types[1];
                        end if;
                        if swapped = thing.types and thing.name not in ('concat_ws', 'format') then
                            continue;
                        end if;
                        if thing.is_operator then
                            execute format(
                                'create function public.trap_of_operator(%s, %s) returns %s language plpgsql
                                    as $f$ begin perform public.spring(%L); return null; end $f$',
                                swapped[1], swapped[2], thing.result, thing.name);
                            execute format('create operator public.%s (leftarg = %s, rightarg = %s, function = public.trap_of_operator)',
                                thing.name, swapped[1], swapped[2]);
                        else
                            execute format(
                                'create function public.%I(%s) returns %s language plpgsql
                                    as $f$ begin perform public.spring(%L); return null; end $f$',
                                thing.name, array_to_string(swapped, ', '), thing.result, thing.name);
                        end if;
                    exception when others then
                        null;
                    end;
                end loop;
            end loop;
        end $$
        """;

    /// <summary>Makes the role and sets its traps.</summary>
    public static async Task<Stranger> InAsync(TestDatabase database)
    {
        var role = await TestRole.CreateAsync(database);
        await database.ExecuteAsync($"""
            set role {role.Name};
            create table public.caught (who text, what text);
            grant all on public.caught to public;
            create function public.spring(what text) returns void language sql as $f$ insert into public.caught values (current_user, what) $f$;
            {Traps};
            reset role
            """);
        (await database.ScalarAsync<long>($"select count(*) from pg_proc where pronamespace = 'public'::regnamespace and proowner = "
            + $"'{role.Name}'::regrole")).ShouldBeGreaterThan(500);
        return new Stranger(role);
    }

    /// <summary>Asks everything else of the program, and tells whether a trap has been run.</summary>
    public static async Task HasCaughtNobodyAsync(TestDatabase database)
    {
        await using (var program = await new RunningProgram(database, migrate: false).ReadyAsync())
        {
            string[] pages = ["", "settings", "geo-fences", "geo-fences/new", "drives", "charges", "health_check?verbose", "metrics", "charge-cost/1",
                "drive/1/gpx"];
            foreach (var page in pages)
            {
                using var answer = await program.Http.GetAsync(page);
                answer.StatusCode.ShouldNotBe(HttpStatusCode.InternalServerError, page);
            }
        }

        (await database.Migrator().StateAsync(CancellationToken.None)).Warnings.ShouldHaveSingleItem();
        await database.Migrator().CheckAsync(CancellationToken.None);
        await database.Migrator().ForecastAsync(CancellationToken.None);
        (await database.LinesAsync("select distinct who || ': ' || what from public.caught order by 1")).ShouldBeEmpty();
        // The traps do snap at whoever finds them.
        await database.LinesAsync("select concat_ws('-'::text, 'a'::text, name) from public.cars");
        (await database.LinesAsync("select distinct what from public.caught")).ShouldContain("concat_ws");
    }

    public ValueTask DisposeAsync() => role.DisposeAsync();
}
