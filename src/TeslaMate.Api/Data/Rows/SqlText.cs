using Npgsql;
using NpgsqlTypes;
using TeslaMate.Database;

namespace TeslaMate.Api.Data.Rows;

/// <summary>The values of a statement, while its text is put together: each gets its place as <c>$1</c>, <c>$2</c> ...</summary>
sealed class SqlText
{
    readonly List<NpgsqlParameter> _parameters = [];

    public string Add(DateTimeOffset? instant) => Add(Timestamps.Parameter(instant));

    public string Add(int whole) => Add(new NpgsqlParameter<int> { TypedValue = whole });

    public string Add(long whole) => Add(new NpgsqlParameter<long> { TypedValue = whole });

    public string Add(double number) => Add(new NpgsqlParameter<double> { TypedValue = number });

    public string Add(string text) => Add(new NpgsqlParameter<string> { TypedValue = text });

    public string Add(int[] wholes) => Add(new NpgsqlParameter { Value = wholes, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });

    /// <summary>A command for the finished text. Its parameters are its own: the same values can serve several commands.</summary>
    public NpgsqlBatchCommand Command(string text)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var parameter in _parameters)
            command.Parameters.Add(parameter.Clone());
        return command;
    }

    string Add(NpgsqlParameter parameter)
    {
        _parameters.Add(parameter);
        return $"${_parameters.Count}";
    }
}
