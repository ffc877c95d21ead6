using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Npgsql;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Database;

namespace TeslaMate.Api.Data.Answers;

/// <summary>What a file is called (spec api 3): <c>drives_blue_all.csv</c>, <c>teslamate_blue_drives_20260701-20260731.csv</c>.</summary>
static class FileNames
{
    /// <summary>Proposes a name to the client.</summary>
    /// <param name="what">Drives, charges ...</param>
    /// <param name="car">The car's name; null where the rows are of several.</param>
    public static void Set(HttpContext http, string what, Question question, string suffix, CarName? car)
        => Set(http, Window(what, question, car, name => name.Slug), Window(what, question, car, name => name.Shown), suffix);

    /// <summary>
    /// Proposes a name for the rows of a list: after the drive or charge where they are of one, else after the window and the car.
    /// </summary>
    public static async Task SetAsync(
        HttpContext http, NpgsqlConnection connection, string what, Question question, Parent parent, int row, Format format)
    {
        var car = await CarAsync(connection, question, parent, row, http.RequestAborted);
        if (parent is not (Parent.Drive or Parent.ChargingProcess))
        {
            Set(http, what, question, format.Suffix, car);
            return;
        }

        await using var command = new NpgsqlCommand(
            parent == Parent.Drive ? "select start_date from public.drives where id = $1 and start_date between '1900-01-01' and '9999-01-01'"
                : "select start_date from public.charging_processes where id = $1 and start_date between '1900-01-01' and '9999-01-01'", connection)
        {
            Parameters = { Value.Of(row) },
        };
        var start = await command.ExecuteScalarAsync(http.RequestAborted) is DateTime column ? Timestamps.FromColumn(column) : default;
        var local = TimeZoneInfo.ConvertTime(start, question.Zone).ToString("yyyyMMdd'T'HHmm", CultureInfo.InvariantCulture);
        var one = string.Create(CultureInfo.InvariantCulture, $"{(parent == Parent.Drive ? "drive" : "charge")}-{row}_{local}");
        Set(http, $"teslamate_{car?.Slug}_{one}", $"teslamate_{car?.Shown}_{one}", format.Suffix);
    }

    /// <summary>Proposes a name, and the same with the car's real name, to the client.</summary>
    public static void Set(HttpContext http, string plain, string real, string suffix)
    {
        var header = new ContentDispositionHeaderValue("attachment") { FileName = $"\"{plain}.{suffix}\"" };
        if (real != plain)
            header.FileNameStar = $"{real}.{suffix}";
        http.Response.Headers.ContentDisposition = header.ToString();
    }

    /// <summary>The car that all rows are of; null where they may be of several.</summary>
    public static async Task<CarName?> CarAsync(NpgsqlConnection connection, Question question, Parent parent, int row,
        CancellationToken cancellationToken)
    {
        var car = parent switch
        {
            Parent.Car => row,
            Parent.Drive or Parent.ChargingProcess => await ScalarAsync(parent, row),
            _ => question.Ids(Parameter.Cars) is [var only] ? only : null,
        };
        if (car is null)
            return null;
        await using var command = new NpgsqlCommand("select coalesce(name, '') from public.cars where id = $1", connection)
        {
            Parameters = { Value.Of(car.Value) },
        };
        return new CarName(car.Value, await command.ExecuteScalarAsync(cancellationToken) as string ?? "");

        async Task<int?> ScalarAsync(Parent kind, int id)
        {
            await using var lookup = new NpgsqlCommand(
                kind == Parent.Drive ? "select car_id::integer from public.drives where id = $1"
                    : "select car_id::integer from public.charging_processes where id = $1", connection)
            {
                Parameters = { Value.Of(id) },
            };
            return await lookup.ExecuteScalarAsync(cancellationToken) as int?;
        }
    }

    static string Window(string what, Question question, CarName? car, Func<CarName, string> name)
    {
        var whose = car is null ? "" : $"{name(car)}_";
        if (question is { From: null, To: null })
            return $"{what}_{whose}all";
        return $"teslamate_{whose}{what}_{Day(question.From)}-{Day(question.To?.AddTicks(-1))}";

        string Day(DateTimeOffset? instant)
            => instant is { } known ? TimeZoneInfo.ConvertTime(known, question.Zone).ToString("yyyyMMdd", CultureInfo.InvariantCulture) : "";
    }
}

/// <summary>A car as files are named after it.</summary>
/// <param name="Name">May be empty.</param>
sealed record CarName(int Id, string Name)
{
    /// <summary>The name as its owner writes it, without what no file may be called; the number where there is none.</summary>
    public string Shown => new string([.. Name.Where(letter => !char.IsControl(letter) && !"/\\:*?\"<>|".Contains(letter, StringComparison.Ordinal))])
        .Trim() is { Length: > 0 } shown
        ? shown : Slug;

    /// <summary>The name in lower-case ASCII letters, digits and hyphens; the number where that leaves nothing.</summary>
    public string Slug
    {
        get
        {
            var slug = new StringBuilder();
            foreach (var letter in Name.ToLowerInvariant())
            {
                var plain = letter switch
                {
                    'ä' => "ae",
                    'ö' => "oe",
                    'ü' => "ue",
                    'ß' => "ss",
                    _ => char.IsAsciiLetterOrDigit(letter)
                    ? letter.ToString() : "-"
                };
                if (plain != "-" || slug is { Length: > 0 } && slug[^1] != '-')
                    slug.Append(plain);
            }

            return slug.ToString().Trim('-') is { Length: > 0 } text ? text : string.Create(CultureInfo.InvariantCulture, $"car-{Id}");
        }
    }
}
