using System.Runtime.CompilerServices;
using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Life;

namespace TeslaMate.Tests.Vehicles.Life;

public sealed class ReadingsTests
{
    [Fact]
    public void An_answer_with_all_its_members_fills_every_column_of_a_position()
    {
        var position = Readings.Position((VehicleData)Whole(typeof(VehicleData)), DateTimeOffset.UnixEpoch, elevationM: 1).ShouldNotBeNull();
        typeof(PositionReading).GetProperties().Where(property => property.GetValue(position) is null).Select(property => property.Name)
            .ShouldBeEmpty();
    }

    // Every member has some value.
    static object Whole(Type record)
    {
        var whole = RuntimeHelpers.GetUninitializedObject(record);
        foreach (var property in record.GetProperties().Where(property => property.CanWrite))
        {
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            property.SetValue(whole, type switch
            {
                _ when type == typeof(string) => "D",
                _ when type == typeof(bool) => true,
                { IsValueType: true } => Activator.CreateInstance(type),
                { IsAbstract: false } when type.Namespace == typeof(VehicleData).Namespace => Whole(type),
                _ => null,
            });
        }

        return whole;
    }
}
