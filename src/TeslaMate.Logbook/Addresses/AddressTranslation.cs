using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Addresses;

/// <summary>What came of asking for all addresses in another language. Closed.</summary>
abstract record TranslationAnswer
{
    TranslationAnswer() { }

    /// <param name="Statements">What is to be written, in the transaction that changes the language.</param>
    public sealed record Translated(IReadOnlyList<Statement> Statements) : TranslationAnswer;

    public sealed record Failed(string Reason) : TranslationAnswer;
}

/// <summary>Asks for all addresses in another language (spec logbook 10.4), before any transaction begins.</summary>
sealed partial class AddressTranslation(NpgsqlDataSource database, Geocoder geocoder, ILogger<AddressTranslation> logger)
{
    const int ChunkLength = 50;

    public async Task<TranslationAnswer> TranslateAsync(string language, CancellationToken cancellationToken)
    {
        List<Statement> statements = [];
        foreach (var chunk in (await ReadAsync(cancellationToken)).Chunk(ChunkLength))
        {
            if (await geocoder.LookUpAsync(chunk.Select(row => row.Code), language, cancellationToken) is not GeocoderAnswer.Found(var found))
                return new TranslationAnswer.Failed("the geocoder did not answer");
            foreach (var row in chunk)
            {
                var address = found.FirstOrDefault(row.Is);
                if (address is null)
                {
                    switch (await geocoder.ReverseAsync(row.Latitude, row.Longitude, language, cancellationToken))
                    {
                        case GeocoderAnswer.Found([var there, ..]) when row.Is(there):
                            address = there;
                            break;
                        case GeocoderAnswer.Failed(var reason):
                            return new TranslationAnswer.Failed(reason);
                        default:
                            Log.NoMatch(logger, row.Id.Value);
                            break;
                    }
                }

                if (address is not null)
                    statements.Add(AddressStatements.Translate(row.Id, address));
            }
        }

        return new TranslationAnswer.Translated(statements);
    }

    async Task<List<Row>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select id, osm_id, osm_type, latitude::float8, longitude::float8
            from public.addresses
            where osm_type <> 'unknown' and osm_type <> '' and osm_id is not null and latitude is not null and longitude is not null
            order by id
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Row> rows = [];
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(new(new(reader.GetInt32(0)), reader.GetInt64(1), reader.GetString(2), reader.GetDouble(3), reader.GetDouble(4)));
        return rows;
    }

    sealed record Row(AddressId Id, long OsmId, string OsmType, double Latitude, double Longitude)
    {
        /// <summary>How the geocoder is asked for it.</summary>
        public string Code => $"{char.ToUpperInvariant(OsmType[0])}{OsmId}";

        public bool Is(Address address) => address.OsmId == OsmId && address.OsmType == OsmType;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Address does not match! Skipping (address {AddressId})")]
        public static partial void NoMatch(ILogger logger, int addressId);
    }
}
