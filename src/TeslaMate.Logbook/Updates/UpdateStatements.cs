using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Updates;

/// <summary>Software updates of a car (spec logbook 8). The newest is the one that starts last, then the one with the highest number.</summary>
static class UpdateStatements
{
    /// <summary>The version as something that sorts: the parts before the first space, filled up with zeros, compared as text.</summary>
    static string SortKey(string version) => $"""
        (select array_agg(lpad(part, greatest(12, length(part)), '0') collate "C" order by number)
        from unnest(string_to_array(split_part({version}, ' ', 1), '.')) with ordinality as parts (part, number))
        """;

    static readonly string NoteVersionSql = $"""
        with latest as (
            select version, end_date
            from public.updates
            where car_id = $1 and (version is not null or end_date is null)
            order by start_date desc, id desc
            limit 1)
        insert into public.updates (car_id, start_date, end_date, version)
        select $1, $2, $2, $3
        where not exists (select from latest) or exists (select from latest where {SortKey("latest.version")} < {SortKey("$3")})
        returning exists (select from latest)
        """;

    public static Statement Start(CarId car, DateTimeOffset at) => new(
        """
        insert into public.updates (car_id, start_date)
        select $1, $2
        where not exists (select from public.updates where car_id = $1 and end_date is null)
        returning id
        """,
        [Value.Of(car.Value), Value.Of(at)]);

    public static Statement Cancel(CarId car) => new(
        """
        delete from public.updates
        where id = (select id from public.updates where car_id = $1 and end_date is null order by start_date desc, id desc limit 1)
        returning id
        """,
        [Value.Of(car.Value)]);

    public static Statement Finish(CarId car, DateTimeOffset at, string? version) => new(
        """
        update public.updates
        set end_date = greatest($2, start_date), version = $3
        where id = (select id from public.updates where car_id = $1 and end_date is null order by start_date desc, id desc limit 1)
        returning id
        """,
        [Value.Of(car.Value), Value.Of(at), Value.Of(Column.Text(version))]);

    public static Statement NoteVersion(CarId car, DateTimeOffset at, string version) => new(
        NoteVersionSql,
        [Value.Of(car.Value), Value.Of(at), Value.Of(Column.Text(version))],
        reader => new Outcome.UpdateMissed(car, version, IsFirst: !reader.GetBoolean(0)));
}
