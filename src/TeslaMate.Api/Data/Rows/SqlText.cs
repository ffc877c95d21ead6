using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Api.Data.Rows;

/// <summary>The values of a statement, while its text is put together: each gets its place as <c>$1</c>, <c>$2</c> ...</summary>
sealed class SqlText
{
    readonly List<NpgsqlParameter> _parameters = [];

    public string Add(DateTimeOffset? instant) => Add(Value.Of(instant));

    public string Add(int whole) => Add(Value.Of(whole));

    public string Add(long whole) => Add(Value.Of(whole));

    public string Add(double number) => Add(Value.Of(number));

    public string Add(string text) => Add(Value.Of(text));

    public string Add(int[] wholes) => Add(Value.Array(wholes));

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
