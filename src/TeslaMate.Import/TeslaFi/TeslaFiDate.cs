namespace TeslaMate.Import.TeslaFi;

/// <summary>The three ways in which TeslaFi writes local time (spec import 4).</summary>
static class TeslaFiDate
{
    // A day at either end is left free, so that every time zone can be applied.
    static readonly DateTime Earliest = DateTime.MinValue.AddDays(3);
    static readonly DateTime Latest = DateTime.MaxValue.AddDays(-3);

    public static DateTime? Parse(ReadOnlySpan<char> text)
    {
        var time = new Scanner(text).Dashed() ?? new Scanner(text).Slashed();
        return time < Earliest || time > Latest ? null : time;
    }

    ref struct Scanner(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> _rest = text;

        /// <summary><c>YYYY-M-D HH:mm:ss</c>.</summary>
        public DateTime? Dashed() =>
            Digits(1, 4) is { } year && Skip('-') && Digits(1, 2) is { } month && Skip('-') && Digits(1, 2) is { } day && Skip(' ')
            && Digits(2, 2) is { } hour && Skip(':') && Digits(2, 2) is { } minute && Skip(':') && Digits(2, 2) is { } second && _rest.IsEmpty
                ? Make(year, month, day, hour, minute, second)
                : null;

        /// <summary><c>M/D/YYYY h:mm:ss AM</c> or <c>M/D/YYYY HH:mm</c>.</summary>
        public DateTime? Slashed()
        {
            if (!(Digits(1, 2) is { } month && Skip('/') && Digits(1, 2) is { } day && Skip('/') && Digits(1, 4) is { } year && Skip(' ')))
                return null;
            var before = _rest.Length;
            if (!(Digits(1, 2) is { } hour && Skip(':') && Digits(2, 2) is { } minute))
                return null;
            if (_rest.IsEmpty)
                return before == 5 ? Make(year, month, day, hour, minute, 0) : null;
            if (!(Skip(':') && Digits(2, 2) is { } second && Skip(' ')) || hour is < 1 or > 12)
                return null;
            return _rest switch
            {
                "AM" or "am" => Make(year, month, day, hour % 12, minute, second),
                "PM" or "pm" => Make(year, month, day, (hour % 12) + 12, minute, second),
                _ => null,
            };
        }

        static DateTime? Make(int year, int month, int day, int hour, int minute, int second)
        {
            if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60)
                return null;
            return new DateTime(year, month, day, hour, minute, 0, DateTimeKind.Unspecified).AddSeconds(second);
        }

        int? Digits(int least, int most)
        {
            var (value, count) = (0, 0);
            while (count < most && count < _rest.Length && char.IsAsciiDigit(_rest[count]))
                value = (value * 10) + (_rest[count++] - '0');
            if (count < least)
                return null;
            _rest = _rest[count..];
            return value;
        }

        bool Skip(char expected)
        {
            if (_rest.IsEmpty || _rest[0] != expected)
                return false;
            _rest = _rest[1..];
            return true;
        }
    }
}
