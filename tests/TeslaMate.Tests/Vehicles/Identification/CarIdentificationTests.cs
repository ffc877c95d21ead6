using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Identification;
using TeslaMate.Vehicles.Life;

namespace TeslaMate.Tests.Vehicles.Identification;

/// <summary>Model, trim, marketing name and the pauses of new cars (spec vehicle 2.2, 3 and 18.1).</summary>
public class CarIdentificationTests
{
    [Theory]
    [InlineData("models", "S")]
    [InlineData("models2", "S")]
    [InlineData("ModelS", "S")]
    [InlineData("model3", "3")]
    [InlineData("modelx", "X")]
    [InlineData("modely", "Y")]
    [InlineData("cybertruck", "Cybertruck")]
    [InlineData("cybertruck2", "Cybertruck")]
    [InlineData("lychee", "S")]
    [InlineData("tamarind", "X")]
    [InlineData("lychee2", null)]
    [InlineData("semi", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Models_by_type(string? carType, string? model) => CarIdentification.Model(carType).ShouldBe(model);

    [Theory]
    [InlineData("S", "100D", "lychee", "LR")]
    [InlineData("S", "P100D", "lychee", "Plaid")]
    [InlineData("S", "100D", "models2", "LR+")]
    [InlineData("S", "100D", "Lychee", null)]
    [InlineData("S", "P90D", "models2", null)]
    [InlineData("3", "P74D", "model3", "LR AWD Performance")]
    [InlineData("3", "74D", "model3", "LR AWD")]
    [InlineData("3", "74", "model3", "LR")]
    [InlineData("3", "62", "model3", "MR")]
    [InlineData("X", "100D", "tamarind", "LR")]
    [InlineData("X", "P100D", "tamarind", "Plaid")]
    [InlineData("X", "P100D", "modelx", null)]
    [InlineData("Y", "P74D", "modely", "LR AWD Performance")]
    [InlineData("Y", "74D", "modely", "LR AWD")]
    [InlineData("Y", "74", "modely", "LR")]
    [InlineData("Y", "50", "modely", "SR")]
    [InlineData("Cybertruck", "FOUNDATION", "cybertruck", null)]
    [InlineData(null, null, null, null)]
    public void Marketing_names(string? model, string? trim, string? carType, string? name) =>
        CarIdentification.MarketingName(model, trim, carType, vin: null).ShouldBe(name);

    [Theory]
    [InlineData("5YJ3E1EA1NF000000", "RWD")]
    [InlineData("5YJ3E1EA1KF000000", "SR+")]
    [InlineData("5YJ3E1EA1LF000000", "SR+")]
    [InlineData("5YJ3E1EA1MF000000", "SR+")]
    [InlineData("5YJ3E1EA1PF000000", "RWD")]
    [InlineData("5YJ3E1EA1RF000000", "RWD")]
    [InlineData("5YJ3E1EA19F000000", "RWD")]
    [InlineData("5YJ3E1EA1ZF000000", "SR+")]
    [InlineData("5YJ3E1EA1nF000000", "SR+")]
    [InlineData("invalid", "SR+")]
    [InlineData(null, "SR+")]
    public void The_base_model_3_is_named_by_its_year(string? vin, string name) =>
        CarIdentification.MarketingName("3", "50", "model3", vin).ShouldBe(name);

    [Theory]
    [InlineData('A', 2010)]
    [InlineData('H', 2017)]
    [InlineData('J', 2018)]
    [InlineData('N', 2022)]
    [InlineData('P', 2023)]
    [InlineData('R', 2024)]
    [InlineData('S', 2025)]
    [InlineData('T', 2026)]
    [InlineData('V', 2027)]
    [InlineData('Y', 2030)]
    [InlineData('1', 2031)]
    [InlineData('9', 2039)]
    [InlineData('I', null)]
    [InlineData('0', null)]
    public void Years_by_the_tenth_character(char code, int? year) => CarIdentification.ModelYear($"5YJ3E1EA1{code}F000000").ShouldBe(year);

    [Theory]
    [InlineData("models2", null, 12)]
    [InlineData("model3", null, 12)]
    [InlineData("tamarind", "P100D", 12)]
    [InlineData("modely", null, 12)]
    [InlineData("cybertruck", "foundation", 12)]
    [InlineData("models", "p100d", 21)]
    [InlineData("modelx", "p100d", 21)]
    [InlineData("semi", null, 21)]
    public void The_pause_of_a_new_car(string carType, string? trim, int minutes) =>
        CarIdentification.SuspendMin(new VehicleData { VehicleConfig = new VehicleConfig { CarType = carType, TrimBadging = trim } }, vin: null)
            .ShouldBe(minutes);

    [Fact]
    public void The_pause_of_a_new_car_that_tells_nothing() => CarIdentification.SuspendMin(ACar.Asleep, vin: null).ShouldBe(21);

    [Fact]
    public void A_full_answer_names_the_car()
    {
        var data = ACar.Online().Body(body => body with { VehicleName = "FooBar" }) with
        {
            VehicleConfig = new VehicleConfig { CarType = "models", TrimBadging = "p100d", WheelType = "Pinwheel18" },
        };
        var car = CarIdentification.Apply(ACar.Row(), CarIdentification.Describe(ACar.Row() with { Name = "Foo" }, data));
        (car.Name, car.Model, car.TrimBadging, car.WheelType).ShouldBe(("FooBar", "S", "P100D", "Pinwheel18"));
    }

    [Fact]
    public void What_a_car_leaves_out_stays_as_it_was()
    {
        var known = ACar.Row() with { Name = "Foo", Model = "3", TrimBadging = "74D", MarketingName = "LR AWD", SpoilerType = "None" };
        CarIdentification.Apply(known, CarIdentification.Describe(known, new VehicleData { VehicleConfig = new VehicleConfig() })).ShouldBe(known);
    }

    [Fact]
    public void Names_follow_the_car()
    {
        var scene = new Scene().Gets(ACar.Online().Body(body => body with { VehicleName = "FooBar" }), ACar.Offline, ACar.Offline,
            ACar.Online(1).Body(body => body with { VehicleName = "Bar" }));
        scene.Entries.OfType<LogbookEntry.UpdateCar>().Select(update => update.Description.Name).ShouldBe(["FooBar", "Bar"]);
        scene.Summaries[^1].Car.Name.ShouldBe("Bar");
        scene.Phase.ShouldBeOfType<VehiclePhase.Online>();
    }
}
