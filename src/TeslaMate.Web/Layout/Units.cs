using System.Globalization;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Settings;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Web.Layout;

/// <summary>Numbers as the owner wants to read them (spec web 6): decimal point in every language, halves away from zero.</summary>
public sealed class Units(GlobalSettings settings)
{
    const double FeetPerMetre = 3.28084;
    const double PsiPerBar = 14.503773773;

    public bool UsesMiles => settings.UnitOfLength == UnitOfLength.Mi;

    public string LengthUnit => UsesMiles ? "mi" : "km";

    public string SpeedUnit => UsesMiles ? "mph" : "km/h";

    public string HeightUnit => UsesMiles ? "ft" : "m";

    public string TemperatureUnit => settings.UnitOfTemperature == UnitOfTemperature.F ? "°F" : "°C";

    public bool UsesFahrenheit => settings.UnitOfTemperature == UnitOfTemperature.F;

    public bool PrefersIdealRange => settings.PreferredRange == PreferredRange.Ideal;

    /// <summary>A car's range: the kilometres' own decimals, or miles with one.</summary>
    public string Range(double km) => UsesMiles ? $"{Fixed(km * Lengths.MilesPerKm, 1)} mi" : $"{Shortest(km)} km";

    /// <summary>The range of a full battery, whole.</summary>
    public string FullRange(double km) => $"{Fixed(UsesMiles ? km * Lengths.MilesPerKm : km, 0)} {LengthUnit}";

    /// <summary>An odometer, whole.</summary>
    public string Mileage(double km) => $"{Fixed(UsesMiles ? km * Lengths.MilesPerKm : km, 0)} {LengthUnit}";

    /// <summary>A distance driven, one decimal.</summary>
    public string Distance(double km) => $"{Fixed(UsesMiles ? km * Lengths.MilesPerKm : km, 1)} {LengthUnit}";

    /// <summary>A length as a number in the owner's unit.</summary>
    public double Length(double km) => UsesMiles ? km * Lengths.MilesPerKm : km;

    /// <summary>A temperature as a number in the owner's unit.</summary>
    public double Degrees(double celsius) => settings.UnitOfTemperature == UnitOfTemperature.F ? celsius * 9 / 5 + 32 : celsius;

    /// <summary>A pressure as a number in the owner's unit.</summary>
    public double PressureNumber(double bar) => settings.UnitOfPressure == UnitOfPressure.Psi ? bar * PsiPerBar : bar;

    public string PressureUnit => settings.UnitOfPressure == UnitOfPressure.Psi ? "psi" : "bar";

    public string ConsumptionUnit => $"Wh/{LengthUnit}";

    /// <summary>A consumption per km as a number in the owner's unit.</summary>
    public double ConsumptionNumber(double whPerKm) => whPerKm / Length(1);

    /// <summary>A consumption per km, whole.</summary>
    public string Consumption(double whPerKm) => $"{Fixed(ConsumptionNumber(whPerKm), 0)} {ConsumptionUnit}";

    /// <summary>The kilometres of a length that was entered in the owner's unit.</summary>
    public double Km(double length) => UsesMiles ? length / Lengths.MilesPerKm : length;

    public string Speed(double kmh) => $"{Fixed(UsesMiles ? kmh * Lengths.MilesPerKm : kmh, 0)} {SpeedUnit}";

    public string Height(double metres) => $"{Fixed(HeightNumber(metres), 0)} {HeightUnit}";

    public double HeightNumber(double metres) => UsesMiles ? metres * FeetPerMetre : metres;

    /// <summary>A temperature as the car wrote it, or one decimal of Fahrenheit.</summary>
    public string Temperature(ApiNumber celsius)
        => settings.UnitOfTemperature == UnitOfTemperature.F ? $"{Fixed(celsius * 9 / 5 + 32, 1)} °F" : $"{AsWritten(celsius)} °C";

    /// <summary>A tyre's pressure, one decimal, a dash when unknown.</summary>
    public string Pressure(double? bar) => bar is not { } known ? "—"
        : settings.UnitOfPressure == UnitOfPressure.Psi ? $"{Fixed(known * PsiPerBar, 1)} PSI" : $"{Fixed(known, 1)} Bar";

    public static string Energy(decimal kwh)
        => $"{Math.Round(kwh, 2, MidpointRounding.AwayFromZero).ToString("0.00", CultureInfo.InvariantCulture)} kWh";

    /// <summary>A whole number if the car wrote one, otherwise <see cref="Shortest"/>.</summary>
    public static string AsWritten(ApiNumber number) => number.IsWhole ? number.Value.ToString("0", CultureInfo.InvariantCulture) : Shortest(number);

    /// <summary>A number with at least one decimal and no needless further one, as <c>321.87</c> or <c>200.0</c>.</summary>
    public static string Shortest(double number) => number.ToString("0.0#####", CultureInfo.InvariantCulture);

    /// <summary>A number with so many decimals; a dash for what no car can have said.</summary>
    public static string Fixed(double number, int decimals) => !(Math.Abs(number) < 1e15) ? "—"
        : Math.Round((decimal)number, decimals, MidpointRounding.AwayFromZero).ToString("F" + decimals.ToString(CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture);

    /// <summary>A length of time with its two largest parts: <c>3 d 04 h</c>, <c>1 h 05 min</c>, <c>12 min</c>, <c>40 s</c>.</summary>
    public static string Time(TimeSpan time) => time.TotalMinutes < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s")
        : time.TotalHours < 48
            ? Minutes((int)Math.Round(time.TotalMinutes))
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalDays):0} d {time.Hours:00} h");

    /// <summary>Hours and minutes, such as <c>1 h 05 min</c>.</summary>
    public static string Minutes(int minutes) => HoursAndMinutes.Text(minutes);
}
