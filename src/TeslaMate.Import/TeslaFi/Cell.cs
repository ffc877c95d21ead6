using System.Globalization;

namespace TeslaMate.Import.TeslaFi;

enum CellKind
{
    Null,
    True,
    False,
    Integer,
    Decimal,
    Text,
}

/// <summary>What a cell says, by the rules of spec import 3.</summary>
static class Cell
{
    public static CellKind Kind(ReadOnlySpan<char> cell) => cell switch
    {
        "" or "None" or "none" => CellKind.Null,
        "TRUE" or "True" or "true" => CellKind.True,
        "FALSE" or "False" or "false" => CellKind.False,
        _ => NumberKind(cell),
    };

    /// <summary>A complete number of any size; false when it is none, or has no room in a double.</summary>
    public static bool TryNumber(ReadOnlySpan<char> cell, out double value)
        => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    static CellKind NumberKind(ReadOnlySpan<char> cell)
    {
        var i = cell[0] is '+' or '-' ? 1 : 0;
        var start = i;
        while (i < cell.Length && char.IsAsciiDigit(cell[i]))
            i++;
        if (i == start)
            return CellKind.Text;
        if (i == cell.Length)
            return CellKind.Integer;
        if (cell[i] == '.')
        {
            start = ++i;
            while (i < cell.Length && char.IsAsciiDigit(cell[i]))
                i++;
            if (i == start)
                return CellKind.Text;
        }

        if (i == cell.Length)
            return CellKind.Decimal;
        if (cell[i] is not ('e' or 'E'))
            return CellKind.Text;
        i++;
        if (i < cell.Length && cell[i] is '+' or '-')
            i++;
        start = i;
        while (i < cell.Length && char.IsAsciiDigit(cell[i]))
            i++;
        return i == cell.Length && i > start ? CellKind.Decimal : CellKind.Text;
    }
}
