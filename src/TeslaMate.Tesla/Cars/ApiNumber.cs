namespace TeslaMate.Tesla.Cars;

/// <summary>
/// A number as Tesla writes it: <c>15</c> and <c>15.0</c> are equal, but what is passed on to others is passed on in the form it came in (spec mqtt
/// 5).
/// </summary>
/// <param name="Value">Finite.</param>
/// <param name="IsWhole">It was written without a point and without an exponent.</param>
public readonly record struct ApiNumber(double Value, bool IsWhole)
{
    /// <summary>Its value.</summary>
    public static implicit operator double(ApiNumber number) => number.Value;

    /// <summary>A number that was not written by Tesla.</summary>
    public static implicit operator ApiNumber(double value) => new(value, IsWhole: false);

    /// <summary>Its value.</summary>
    public double ToDouble() => Value;

    /// <summary>A number that was not written by Tesla.</summary>
    public static ApiNumber FromDouble(double value) => value;

    /// <summary>Equal values are equal in either form.</summary>
    public bool Equals(ApiNumber other) => Value.Equals(other.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();
}
