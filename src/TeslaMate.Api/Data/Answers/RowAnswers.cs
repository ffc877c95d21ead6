using System.Buffers;
using System.Data;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using Npgsql;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Resources;
using TeslaMate.Api.Data.Rows;
using TeslaMate.Database;
using TeslaMate.Web;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Answers;

/// <summary>What the number in an address is.</summary>
enum Parent
{
    None,
    Car,
    Drive,
    ChargingProcess,
}

/// <summary>
/// Answers with rows. A page is short: it is put together in memory, with a connection of the programs. Everything else is a stream: read in one
/// transaction, on a connection of the exports, and written while it is read (spec api 2.1).
/// </summary>
sealed partial class RowAnswers(
    [FromKeyedServices(WebDatabase.Programs)] NpgsqlDataSource programs, [FromKeyedServices(WebDatabase.Exports)] NpgsqlDataSource exports,
        StreamLimit limit,
    TimeProvider time, ILogger<RowAnswers> logger)
{
    /// <summary>Rows of a page when nobody says how many.</summary>
    public const int UsualPage = 100;

    /// <summary>How long a window of positions can be as JSON.</summary>
    static readonly TimeSpan LongestJsonWindow = TimeSpan.FromDays(31);

    /// <summary>All parameters of a list.</summary>
    public static IReadOnlyList<Parameter> ParametersOf(Listing listing) =>
    [
        .. listing.Parameters, Parameter.Zone, Parameter.Fields, Parameter.Limit, Parameter.Cursor,
        .. listing.Key.At is null ? (IEnumerable<Parameter>)[] : [Parameter.Order], .. listing.IsPaged ? (IEnumerable<Parameter>)[Parameter.Count]
            : [], .. Parameter.OfCsv,
    ];

    /// <summary>All parameters of a single row.</summary>
    public static IReadOnlyList<Parameter> ParametersOfOne(Listing listing)
        => [Parameter.Fields, .. listing.Parameters.Where(parameter => parameter == PlaceListing.Include)];

    /// <summary>The formats that a list is offered in.</summary>
    public static IReadOnlyList<Format> FormatsOf(Listing listing) =>
    [
        Format.Json, Format.Csv, Format.Ndjson,
        .. listing.More.HasFlag(MoreFormats.GeoJson) ? (IEnumerable<Format>)[Format.GeoJson] : [],
        .. listing.More.HasFlag(MoreFormats.Gpx) ? (IEnumerable<Format>)[Format.Gpx] : [],
    ];

    /// <summary>Whether the answer is a list in one of the formats that are written row by row.</summary>
    public static bool IsPlain(Format format) => format == Format.Json || format == Format.Csv || format == Format.Ndjson;

    /// <summary>A list of rows.</summary>
    /// <param name="format">One of those for which <see cref="IsPlain"/>.</param>
    public async Task ListAsync(HttpContext http, Listing listing, Parent parent, int row, Format format)
    {
        var question = Question.Read(http.Request.Query, ParametersOf(listing), time.LocalTimeZone);
        var list = new List(listing, question, listing.Choose(question, Groups(question)), Ascending(listing, question),
            Most(question, listing, format));
        var rows = RowsIn(format, list.Members, question);
        if (list.Most is not null)
        {
            var cursor = question.Text(Parameter.Cursor) is { } text ? Cursor.Read(text, http.Request) : (Cursor?)null;
            await PageAsync(http, list, parent, row, format, rows, cursor);
            return;
        }

        if (question.Text(Parameter.Cursor) is not null)
            throw ProblemException.Parameter(Parameter.Cursor.Name, "It belongs to pages: give a limit as well.");
        if (listing == PositionListing.OfCar && format == Format.Json
            && !(question is { From: { } from, To: { } to } && to - from <= LongestJsonWindow))
            throw ProblemException.Parameter(Parameter.From.Name,
                "from and to are needed, at most 31 days apart. Longer windows come as CSV or NDJSON, or with a limit.");
        await StreamAsync(http, list, parent, row, format, rows);
    }

    /// <summary>One row, bare.</summary>
    public async Task OneAsync(HttpContext http, Listing listing, int id)
    {
        var question = Question.Read(http.Request.Query, ParametersOfOne(listing), time.LocalTimeZone);
        Format.Choose(http.Request, null, Format.Json);
        await WholeAsync(http, Format.Json, await RowAsync(http, listing, id, question));
    }

    /// <summary>One row with all that is always there, as <see cref="OneAsync"/> answers it to who asks for no more.</summary>
    /// <exception cref="ProblemException">It is not there, or not to be seen.</exception>
    public Task<ReadOnlyMemory<byte>> RowAsync(HttpContext http, Listing listing, int id)
        => RowAsync(http, listing, id, Question.Read(QueryCollection.Empty, [], time.LocalTimeZone));

    async Task<ReadOnlyMemory<byte>> RowAsync(HttpContext http, Listing listing, int id, Question question)
    {
        var members = listing.Choose(question, Groups(question));
        var ask = new Ask(question, new SqlText(), CarAccess.Of(http), id, id, time.GetUtcNow());
        await using var connection = await programs.OpenConnectionAsync(http.RequestAborted);
        await using var batch = Batch(connection, ask.Sql.Command(listing.Query(ask, members, isAscending: true, after: null, limit: null)));
        await using var reader = await batch.ExecuteReaderAsync(http.RequestAborted);
        if (!await reader.ReadAsync(http.RequestAborted))
            throw ProblemException.NotFound();
        var output = new ArrayBufferWriter<byte>();
        new JsonRows(members).Write(output, reader);
        return output.WrittenMemory;
    }

    /// <summary>
    /// The first rows of a list, for questions that come by another way than an address; <c>has_more</c> says that there are others.
    /// </summary>
    public async Task<ReadOnlyMemory<byte>> FirstAsync(HttpContext http, Listing listing, Parent parent, int row, Question question, int most)
    {
        var members = listing.Choose(question, Groups(question));
        var output = new ArrayBufferWriter<byte>();
        await using var connection = await programs.OpenConnectionAsync(http.RequestAborted);
        await CheckAsync(connection, http, parent, row);
        var ask = new Ask(question, new SqlText(), CarAccess.Of(http), row, null, time.GetUtcNow());
        await using var batch = Batch(
            connection, ask.Sql.Command(listing.Query(ask, members, Ascending(listing, question), after: null, limit: most + 1)));
        await using var reader = await batch.ExecuteReaderAsync(http.RequestAborted);
        var rows = new JsonRows(members);
        output.Write("{\"data\":["u8);
        var count = 0;
        while (await reader.ReadAsync(http.RequestAborted) && ++count <= most)
        {
            if (count > 1)
                output.Write(","u8);
            rows.Write(output, reader);
        }

        output.Write(count > most ? "],\"has_more\":true}"u8 : "],\"has_more\":false}"u8);
        return output.WrittenMemory;
    }

    /// <summary>An object with lists in it.</summary>
    public async Task DocumentAsync(HttpContext http, Document document, int car)
    {
        var question = Question.Read(http.Request.Query, document.Parameters, time.LocalTimeZone);
        var output = new ArrayBufferWriter<byte>();
        await using (var connection = await programs.OpenConnectionAsync(http.RequestAborted))
        {
            await CheckAsync(connection, http, Parent.Car, car);
            output.Write("{"u8);
            if (document.Own is { } own)
            {
                await foreach (var reader in RowsAsync(own))
                {
                    using var json = new System.Text.Json.Utf8JsonWriter(output, RowJson.Options);
                    new RowJson(own.Members).WriteMembers(json, reader);
                }
            }

            foreach (var list in document.Lists)
            {
                output.Write(Encoding.UTF8.GetBytes($"{(output.WrittenCount > 1 ? "," : "")}\"{list.Name}\":["));
                var rows = new JsonRows(list.Members);
                var isFirst = true;
                await foreach (var reader in RowsAsync(list))
                {
                    if (!isFirst)
                        output.Write(","u8);
                    isFirst = false;
                    rows.Write(output, reader);
                }

                output.Write("]"u8);
            }

            output.Write("}"u8);

            async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(Listing list)
            {
                var ask = new Ask(question, new SqlText(), CarAccess.Of(http), car, null, time.GetUtcNow());
                await using var batch = Batch(connection,
                    ask.Sql.Command(list.Query(ask, list.Members, isAscending: true, after: null, limit: null)));
                await using var reader = await batch.ExecuteReaderAsync(http.RequestAborted);
                while (await reader.ReadAsync(http.RequestAborted))
                    yield return reader;
            }
        }

        await WholeAsync(http, Format.Json, output.WrittenMemory);
    }

    /// <summary>An answer that is complete, with its tag; 304 where the client has it already.</summary>
    public static async Task WholeAsync(HttpContext http, Format format, ReadOnlyMemory<byte> body)
    {
        var tag = TagOf(body.Span);
        http.Response.Headers.ETag = tag;
        http.Response.Headers.Vary = HeaderNames.Accept;
        // Whoever compresses on the way makes it weak; it stands for the same.
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known == EntityTagHeaderValue.Any || known.Tag == tag))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await SendAsync(http, format, body);
    }

    /// <summary>Sends a body that is there whole, whatever the client knows already.</summary>
    public static async Task SendAsync(HttpContext http, Format format, ReadOnlyMemory<byte> body)
    {
        http.Response.ContentType = format.ContentType;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    /// <summary>The strong tag of an answer.</summary>
    public static string TagOf(ReadOnlySpan<byte> body) => $"\"{Convert.ToHexStringLower(SHA256.HashData(body))[..32]}\"";

    /// <summary>Reads a stream: in one transaction that sees one moment, and changes nothing.</summary>
    /// <param name="write">Gets the connection.</param>
    /// <param name="format">Decides how a failure ends an answer that has begun.</param>
    public async Task ReadAsync(HttpContext http, Format format, Func<NpgsqlConnection, Task> write)
    {
        using var room = limit.Take(http);
        http.Response.Headers.Vary = HeaderNames.Accept;
        try
        {
            await using var connection = await exports.OpenConnectionAsync(http.RequestAborted);
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, http.RequestAborted);
            await using (var readOnly = new NpgsqlCommand("set transaction read only", connection))
                await readOnly.ExecuteNonQueryAsync(http.RequestAborted);
            await write(connection);
        }
        catch (Exception exception) when (http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            // A list that looks complete and is not would be believed.
            Log.Broken(logger, exception, http.Request.Path);
            if (format == Format.Ndjson)
                await http.Response.Body.WriteAsync((byte[])
                [
                    .. "{\"error\":"u8, .. Problems.Text(http, ProblemKind.DatabaseAway,
                        "The rows end here, because the database failed. Ask again."), .. "}\n"u8,
                ]);
            else
                http.Abort();
        }
    }

    /// <summary>That the row in the address is there and may be seen.</summary>
    /// <exception cref="ProblemException">It is not.</exception>
    public static async Task CheckAsync(NpgsqlConnection connection, HttpContext http, Parent parent, int row)
    {
        if (parent == Parent.None)
            return;
        await using var command = new NpgsqlCommand(parent switch
        {
            Parent.Car => "select id::integer from public.cars where id = $1",
            Parent.Drive => "select car_id::integer from public.drives where id = $1",
            _ => "select car_id::integer from public.charging_processes where id = $1",
        }, connection)
        { Parameters = { Value.Of(row) } };
        if (await command.ExecuteScalarAsync(http.RequestAborted) is not int car || CarAccess.Of(http) is { } seen && !seen.Contains(car))
            throw ProblemException.NotFound();
    }

    async Task PageAsync(HttpContext http, List list, Parent parent, int row, Format format, IRowFormat rows, Cursor? after)
    {
        var output = new ArrayBufferWriter<byte>();
        string? next = null;
        await using (var connection = await programs.OpenConnectionAsync(http.RequestAborted))
        {
            await CheckAsync(connection, http, parent, row);
            if (format != Format.Json)
                await FileNames.SetAsync(http, connection, list.Listing.Name, list.Question, parent, row, format);
            var ask = NewAsk();
            var commands = new List<NpgsqlBatchCommand>
            {
                ask.Sql.Command(list.Listing.Query(ask, list.Members, list.IsAscending, after, list.Most + 1)),
            };
            var isCounted = list.Listing.IsPaged && list.Question.Flag(Parameter.Count) == true;
            if (isCounted)
            {
                var counted = NewAsk();
                commands.Add(counted.Sql.Command(list.Listing.Count(counted)));
            }

            await using var batch = Batch(connection, [.. commands]);
            await using var reader = await batch.ExecuteReaderAsync(http.RequestAborted);
            rows.Begin(output);
            WayPoint? before = null;
            Cursor? last = null;
            for (var written = 0; await reader.ReadAsync(http.RequestAborted); written++)
            {
                if (written == list.Most)
                {
                    next = last?.Write(http.Request);
                    break;
                }

                last = new Cursor(reader.GetInstantOrNull(list.Members.Count), reader.GetInt64(list.Members.Count + 1));
                rows.Separate(output, before, default);
                rows.Write(output, reader);
                before = default(WayPoint);
            }

            long? total = null;
            if (isCounted)
            {
                await reader.NextResultAsync(http.RequestAborted);
                await reader.ReadAsync(http.RequestAborted);
                total = reader.GetInt64(0);
            }

            rows.End(output, next, total);
        }

        if (next is not null)
            http.Response.Headers.Link = $"<{PageAddress(http.Request, next)}>; rel=\"next\"";
        await WholeAsync(http, format, output.WrittenMemory);

        Ask NewAsk() => new(list.Question, new SqlText(), CarAccess.Of(http), row, null, time.GetUtcNow());
    }

    Task StreamAsync(HttpContext http, List list, Parent parent, int row, Format format, IRowFormat rows)
        => ReadAsync(http, format, async connection =>
    {
        await CheckAsync(connection, http, parent, row);
        http.Response.ContentType = format.ContentType;
        if (format != Format.Json)
            await FileNames.SetAsync(http, connection, list.Listing.Name, list.Question, parent, row, format);
        await WriteAsync(http, connection, list.Listing, list.Question, list.Members, list.IsAscending, row, rows);
    });

    /// <summary>Writes all rows of a list while they are read.</summary>
    public async Task WriteAsync(
        HttpContext http, NpgsqlConnection connection, Listing listing, Question question, IReadOnlyList<Member> members, bool isAscending, int row,
            IRowFormat rows)
    {
        var stream = new RowStream(http, time);
        var sieve = SieveOf(listing, question);
        var held = new ArrayBufferWriter<byte>();
        WayPoint? before = null;
        WayPoint heldPoint = default;
        var hasPoints = listing.Point is not null;
        rows.Begin(stream.Output);
        await foreach (var part in PartsAsync(connection, listing, question, row, http.RequestAborted))
        {
            var ask = new Ask(part, new SqlText(), CarAccess.Of(http), row, null, time.GetUtcNow());
            await using var batch = Batch(connection, ask.Sql.Command(listing.Query(ask, members, isAscending, after: null, limit: null)));
            await using var reader = await batch.ExecuteReaderAsync(CommandBehavior.Default, http.RequestAborted);
            while (await reader.ReadAsync(http.RequestAborted))
            {
                var point = hasPoints ? PointOf(reader, members.Count) : default;
                if (sieve is not null)
                {
                    var (writeHeld, writeThis) = sieve.Next(point);
                    if (writeHeld)
                        WriteHeld();
                    held.ResetWrittenCount();
                    if (!writeThis)
                    {
                        rows.Write(held, reader);
                        heldPoint = point;
                        continue;
                    }
                }

                rows.Separate(stream.Output, before, point);
                rows.Write(stream.Output, reader);
                before = point;
                await stream.BreatheAsync();
            }
        }

        if (sieve is { WriteLast: true } && held.WrittenCount > 0)
            WriteHeld();
        rows.End(stream.Output, next: null, total: null);
        await stream.SendAsync();

        void WriteHeld()
        {
            rows.Separate(stream.Output, before, heldPoint);
            stream.Output.Write(held.WrittenSpan);
            before = heldPoint;
        }
    }

    // Years of positions are not sorted as a whole, which would keep the first byte waiting and fill the server's disk.
    static async IAsyncEnumerable<Question> PartsAsync(
        NpgsqlConnection connection, Listing listing, Question question, int row,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (listing != PositionListing.OfCar)
        {
            yield return question;
            yield break;
        }

        await using var command = new NpgsqlCommand("""
            select least((select min(start_date) from public.drives where car_id = $1),
                (select min(start_date) from public.charging_processes where car_id = $1),
                    (select min(date) from public.positions where car_id = $1 and ideal_battery_range_km is not null)),
                greatest((select max(coalesce(end_date, start_date)) from public.drives where car_id = $1),
                    (select max(coalesce(end_date, start_date)) from public.charging_processes where car_id = $1),
                    (select max(date) from public.positions where car_id = $1 and ideal_battery_range_km is not null))
            """, connection) { Parameters = { Value.Of(row) } };
        DateTimeOffset? first, last;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            (first, last) = (reader.GetInstantOrNull(0), reader.GetInstantOrNull(1));
        }

        // Streamed rows may lie beyond; nothing else is known of them.
        var from = question.From ?? first?.AddDays(-1);
        var to = question.To ?? last?.AddDays(1);
        if (from is null || to is null)
        {
            yield return question;
            yield break;
        }

        for (var begin = from.Value; begin < to; begin += LongestJsonWindow)
            yield return question.Within(begin, begin + LongestJsonWindow < to ? begin + LongestJsonWindow : to.Value);
    }

    static NpgsqlBatch Batch(NpgsqlConnection connection, params IReadOnlyList<NpgsqlBatchCommand> commands)
    {
        var batch = new NpgsqlBatch(connection);
        foreach (var command in commands)
            batch.BatchCommands.Add(command);
        return batch;
    }

    static WayPoint PointOf(NpgsqlDataReader reader, int key)
        => new(reader.GetInstant(key), reader.Integer(key + 2), reader.GetDouble(key + 3), reader.GetDouble(key + 4));

    static Sieve? SieveOf(Listing listing, Question question)
    {
        if (listing.Point is null)
            return null;
        if (question.Number(PositionListing.Every) is { } seconds)
            return question.Number(PositionListing.Simplify) is null
                ? new Sieve.Every(TimeSpan.FromSeconds(seconds))
                : throw ProblemException.Parameter(PositionListing.Simplify.Name, "Give either every_s or simplify_m.");
        return question.Number(PositionListing.Simplify) is { } metres ? new Sieve.Simplify(metres) : null;
    }

    static int? Most(Question question, Listing listing, Format format)
        => question.Whole(Parameter.Limit) ?? (format == Format.Json && listing.IsPaged ? UsualPage : null);

    static bool Ascending(Listing listing, Question question)
        => listing.Key.At is null || (question.Text(Parameter.Order) is { } order ? order == "start" : !listing.IsNewestFirst);

    static IReadOnlyList<string> Groups(Question question)
        => question.Words(StatisticsListing.Named) ?? [.. StatisticsListing.Usual, .. question.Words(PlaceListing.Include) ?? []];

    static IRowFormat RowsIn(Format format, IReadOnlyList<Member> members, Question question)
        => format == Format.Csv ? new CsvRows(members, StyleOf(question)) : format == Format.Ndjson ? new NdjsonRows(members) : new JsonRows(members);

    static CsvStyle StyleOf(Question question)
    {
        var hasComma = question.Text(Parameter.Decimal) == "comma";
        var separator = question.Text(Parameter.Separator) switch
        {
            "tab" => '\t',
            "semicolon" => ';',
            "comma" => ',',
            _ => hasComma ? ';' : ',',
        };
        return new(separator, hasComma, question.Flag(Parameter.Mark) == true, question.Flag(Parameter.Guard) != false, question.Zone);
    }

    // Relative, so that a proxy's prefix stays what it is.
    static string PageAddress(HttpRequest request, string cursor)
    {
        var query = request.Query.Where(pair => pair.Key != Parameter.Cursor.Name)
            .SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value))
            .Append(KeyValuePair.Create(Parameter.Cursor.Name, (string?)cursor));
        return QueryString.Create(query).Value!;
    }

    /// <param name="Most">Rows of a page; null for a stream.</param>
    sealed record List(Listing Listing, Question Question, IReadOnlyList<Member> Members, bool IsAscending, int? Most);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The answer to {Path} broke off")]
        public static partial void Broken(ILogger logger, Exception exception, string path);
    }
}

/// <summary>The cars that somebody may see.</summary>
static class CarAccess
{
    /// <summary>Null for all.</summary>
    public static int[]? Of(HttpContext http) => http.User.Cars() is { } cars ? [.. cars.Select(car => (int)car.Value)] : null;
}
