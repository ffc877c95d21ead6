using TeslaMate.Logbook.Cars;

namespace TeslaMate.Web.Cars;

/// <summary>Cars as filters name them.</summary>
static class CarNames
{
    public static IReadOnlyList<(short Id, string Name)> Of(IEnumerable<Car> cars)
        => [.. cars.Select(car => (car.Id.Value, string.IsNullOrWhiteSpace(car.Name) ? $"VIN {car.Vin}" : car.Name))];
}
