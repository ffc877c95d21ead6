using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Resources;
using TeslaMate.Api.Data.Rows;
using TeslaMate.Logbook;
using TeslaMate.Outgoing.Events;
using TeslaMate.Web;

namespace TeslaMate.Api.Data.Events;

/// <summary>The rows of this interface for events (spec api 4.2): the same members by the same queries, so that the two cannot differ.</summary>
sealed class EventRows([FromKeyedServices(WebDatabase.Programs)] NpgsqlDataSource database, TimeProvider time) : IEventRows
{
    public Task<JsonObject?> DriveAsync(DriveId drive, CancellationToken cancellationToken)
        => RowAsync(DriveListing.Drives, drive.Value, cancellationToken);

    public Task<JsonObject?> ChargingProcessAsync(ChargingProcessId process, CancellationToken cancellationToken)
        => RowAsync(ChargeListing.Processes, process.Value, cancellationToken);

    async Task<JsonObject?> RowAsync(Listing listing, int id, CancellationToken cancellationToken)
    {
        var question = Question.Read(QueryCollection.Empty, [], time.LocalTimeZone);
        var members = listing.Choose(question);
        var ask = new Ask(question, new SqlText(), Cars: null, id, id, time.GetUtcNow());
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(ask.Sql.Command(listing.Query(ask, members, isAscending: true, after: null, limit: null)));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, RowJson.Options))
            new RowJson(members).Write(json, reader);
        return JsonNode.Parse(output.WrittenSpan) as JsonObject;
    }
}
