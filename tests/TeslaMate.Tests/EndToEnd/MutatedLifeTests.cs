using System.Text;
using System.Text.Json;
using TeslaMate.Logbook;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Json;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Tesla;
using TeslaMate.Tests.Vehicles;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>
/// What a car says, broken in every way, from its bytes to its rows: the machine takes it and the database takes what the machine makes of it.
/// </summary>
public sealed class MutatedLifeTests
{
    static readonly string[] Seeds =
    [
        Samples.Parked, Samples.Driving, Samples.Driving, Samples.Charging,
        Samples.Charging.Replace("\"Charging\"", "\"Complete\"", StringComparison.Ordinal), Samples.Asleep,
        Samples.Asleep.Replace("asleep", "offline", StringComparison.Ordinal),
        Samples.Parked.Replace("\"status\": \"\"", "\"status\": \"installing\"", StringComparison.Ordinal),
        Samples.Parked.Replace("\"status\": \"\"", "\"status\": \"available\"", StringComparison.Ordinal),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ten_thousand_mutated_answers_and_messages_stop_no_car_and_none_of_its_rows_is_refused(bool streaming)
    {
        var random = new Random(streaming ? 43 : 42);
        var log = new RecordedLog();
        var reader = new VehicleReader(new Oddities(log.For<Oddities>(), TimeProvider.System));
        await using var database = await LogbookDatabase.CreateAsync();
        await using var instance = await LogbookInstance.OfCarAsync(database);
        var scene = new Scene(streaming, idleMin: 3);
        var (answers, samples) = (0, 0);
        for (var i = 0; i < 5_000; i++)
        {
            // Cars stay in what they do for a while, and their time goes on.
            var seed = Encoding.UTF8.GetBytes(Moved(Seeds[i / 7 % Seeds.Length], TimeSpan.FromSeconds(20 * i)));
            scene.Passes(TimeSpan.FromSeconds(random.Next(60)));
            if (TryRead(Mutation.Of(seed, random), reader) is { } data)
            {
                answers++;
                scene.Gets(data);
            }
            else
            {
                scene.Fails(new ApiError.Failed("the answer is no JSON"));
            }

            var time = scene.Vehicle.LastResponse?.DriveState?.Timestamp?.ToUnixTimeMilliseconds() ?? 0;
            var message = Encoding.UTF8.GetBytes(
                $$"""{"msg_type":"data:update","tag":"42","value":"{{OddLine(time + random.Next(-100, 5000), random)}}"}""");
            if (StreamMessage.Read(message, "42") is StreamMessage.Update(var reading))
            {
                samples++;
                scene.Samples(reading);
            }

            if (scene.Entries.Count < 200)
                continue;
            (await instance.WriteAsync([.. scene.Entries])).ShouldBe(WriteResult.Stored);
            scene.From();
        }

        (await instance.WriteAsync([.. scene.Entries])).ShouldBe(WriteResult.Stored);
        answers.ShouldBeGreaterThan(1_000);
        samples.ShouldBeGreaterThan(1_000);
        instance.Log.Lines.Where(line => line.StartsWith("Error", StringComparison.Ordinal)).ShouldBeEmpty();
        (await database.ScalarAsync<long>("select count(*) from positions")).ShouldBeGreaterThan(500);
        (await database.ScalarAsync<long>("select count(*) from charges")).ShouldBeGreaterThan(50);
        (await database.ScalarAsync<long>("select count(*) from drives where end_date is null")).ShouldBeLessThanOrEqualTo(1);
        (await database.ScalarAsync<long>("select count(*) from charging_processes where end_date is null")).ShouldBeLessThanOrEqualTo(1);
        (await database.ScalarAsync<long>("select count(*) from updates where end_date is null")).ShouldBeLessThanOrEqualTo(1);
    }

    // One or two columns are not what they should be.
    static string OddLine(long time, Random random)
    {
        string[] odd = ["", "x", "0", "-1", "1e400", "99999999999999999999", "-32769", "3.5", "NaN", "P", "180.1", "1767610800251"];
        var columns = $"{time},31,23466.12,61,35,276,52.509934,13.30218,14,D,176,150,276".Split(',');
        for (var i = random.Next(3); i > 0; i--)
            columns[random.Next(columns.Length)] = odd[random.Next(odd.Length)];
        return string.Join(',', columns.Take(random.Next(20) == 0 ? random.Next(1, 13) : columns.Length));
    }

    static VehicleData? TryRead(byte[] bytes, VehicleReader reader)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("response", out var response)
                ? reader.Vehicle(response) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // The samples are of one morning.
    static string Moved(string sample, TimeSpan by)
        => System.Text.RegularExpressions.Regex.Replace(sample, "\"timestamp\": ([0-9]+)",
            match => $"\"timestamp\": {long.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)
                + (long)by.TotalMilliseconds}");
}
