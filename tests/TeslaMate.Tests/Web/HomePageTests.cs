using System.Net;
using AngleSharp.Dom;
using TeslaMate.Logbook;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tests.Vehicles;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Life;
using static TeslaMate.Tests.Vehicles.ACar;

namespace TeslaMate.Tests.Web;

/// <summary>
/// What the home page says about a car after an answer of Tesla (spec web 6.1 and 12): from the answer's own units to the text on the card.
/// </summary>
public sealed class HomePageTests(SharedPages shared) : IClassFixture<SharedPages>, IAsyncLifetime
{
    readonly PagesUnderTest _pages = shared.Pages;
    readonly Browser _browser = shared.Pages.Visit();

    public Task InitializeAsync()
    {
        _pages.Vehicles.Suspending = null;
        _pages.Vehicles.Set(new CarId(1), isBusy: false);
        _pages.Account.Status = new AccountStatus(SignIn.SignedIn, Generation: 1);
        return _pages.Database.ExecuteAsync("update settings set unit_of_length = 'km', unit_of_temperature = 'C', unit_of_pressure = 'bar', "
            + "preferred_range = 'rated'");
    }

    public Task DisposeAsync()
    {
        _browser.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_sleeping_car_shows_after_a_restart_what_was_stored_last()
    {
        var stored = new PositionReading
        {
            Date = T.AddHours(-1),
            Latitude = 52,
            Longitude = 13,
            IdealRangeKm = 380.25,
            RatedRangeKm = 380.25,
            EstimatedRangeKm = 401.52,
            BatteryLevel = 80,
            OutsideTempC = 20.1,
            InsideTempC = 21.0,
            OdometerKm = 42000,
        };
        var scene = new Scene(open: new OpenEntries(null, null, null, null, stored, null)).Gets(Asleep);
        var card = await CardAsync(scene.Summaries[^1]);
        card.Row("Status").ShouldBe("asleep");
        card.Row("Range (rated)").ShouldBe("380.26 km");
        card.Row("Range (est.)").ShouldBe("401.52 km");
        card.Row("State of Charge").ShouldBe("80% , ≈ 475 km at 100%");
        card.Row("Outside Temperature").ShouldBe("20.1 °C");
        card.Row("Inside Temperature").ShouldBe("21.0 °C");
        card.Row("Mileage").ShouldBe("42000 km");
        card.Icons().ShouldBe(["View car location on Google Maps"]);
    }

    [Theory]
    [InlineData("km", "C", "321.87 km", "289.68 km", "67% (69%) , ≈ 480 km at 100%", "48 km/h", "24 °C", "23.2 °C", "42000 km")]
    [InlineData("mi", "F", "200.0 mi", "180.0 mi", "67% (69%) , ≈ 299 mi at 100%", "30 mph", "75.2 °F", "73.8 °F", "26098 mi")]
    public async Task Values_are_shown_in_the_owners_units(
        string length, string temperature, string range, string estimated, string charge, string speed, string outside, string inside, string mileage)
    {
        await _pages.Database.ExecuteAsync($"update settings set unit_of_length = '{length}', unit_of_temperature = '{temperature}'");
        var card = await CardAsync(Online().Gear(ShiftState.D, mph: 30).Odometer(26097.59)
            .Charge(state => state with
            {
                IdealBatteryRange = 200,
                BatteryRange = 200,
                EstBatteryRange = 180,
                BatteryLevel = 69,
                UsableBatteryLevel = 67
            })
            .Climate(state => state with { OutsideTemp = new ApiNumber(24, IsWhole: true), InsideTemp = 23.2 }));
        card.Row("Range (rated)").ShouldBe(range);
        card.Row("Range (est.)").ShouldBe(estimated);
        card.Row("State of Charge").ShouldBe(charge);
        card.QuerySelector("[data-tip^='≈']")!.GetAttribute("data-tip").ShouldBe(charge[(charge.IndexOf(',') + 2)..]);
        card.Row("Speed").ShouldBe(speed);
        card.Row("Outside Temperature").ShouldBe(outside);
        card.Row("Inside Temperature").ShouldBe(inside);
        card.Row("Mileage").ShouldBe(mileage);
    }

    [Theory]
    [InlineData(true, "24 °C", "24 kWh")]
    [InlineData(false, "24.0 °C", "24.0 kWh")]
    public async Task A_number_is_shown_in_the_form_in_which_the_car_writes_it(bool isWhole, string temperature, string energy)
    {
        var number = new ApiNumber(24, isWhole);
        var card = await CardAsync(
            Online().Charging("Charging", kwh: 24, range: 200, power: 11).Charge(state => state with { ChargeEnergyAdded = number })
            .Climate(state => state with { OutsideTemp = number }));
        card.Row("Outside Temperature").ShouldBe(temperature);
        card.Row("Charged").ShouldBe(energy);
    }

    [Fact]
    public async Task The_preferred_range_is_shown()
    {
        var answer = Online().Charge(state => state with { IdealBatteryRange = 250, BatteryRange = 200 });
        (await CardAsync(answer)).Row("Range (rated)").ShouldBe("321.87 km");
        await _pages.Database.ExecuteAsync("update settings set preferred_range = 'ideal'");
        (await CardAsync(answer)).Row("Range (ideal)").ShouldBe("402.34 km");
        // A car that does not tell the preferred one shows the other.
        (await CardAsync(Online().Charge(state => state with { BatteryRange = 200 }))).Row("Range (rated)").ShouldBe("321.87 km");
    }

    [Theory]
    [InlineData(1.83, "1 h, 49 min")]
    [InlineData(0.33, "19 min")]
    public async Task A_charging_car_says_how_far_it_is(double hours, string remaining)
    {
        var card = await CardAsync(Online().Charging("Charging", kwh: 4.32, range: 200, power: 11)
            .Charge(state => state with { TimeToFullCharge = hours, ChargeLimitSoc = 85 }));
        card.Row("Status").ShouldStartWith("charging");
        card.Row("Remaining Time").ShouldBe(remaining);
        card.Row("Charged").ShouldBe("4.32 kWh");
        card.Row("Charger Power").ShouldBe("11 kW");
        card.Row("Charge Limit").ShouldBe("85%");
        card.Icons().ShouldContain("Plugged In");
        var finish = _pages.Time.GetUtcNow().AddHours(hours).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'",
            System.Globalization.CultureInfo.InvariantCulture);
        card.QuerySelector("time[data-local=datetime]")!.GetAttribute("datetime").ShouldBe(finish);
    }

    [Fact]
    public async Task A_planned_charge_says_when_it_begins()
    {
        var card = await CardAsync(
            Online().Charging("Stopped").Charge(state => state with { ScheduledChargingStartTime = DateTimeOffset.FromUnixTimeSeconds(1565620707) }));
        card.QuerySelector("time[data-local=time]")!.GetAttribute("datetime").ShouldBe("2019-08-12T14:38:27Z");
        (await CardAsync(Online().Charging("Disconnected")
            .Charge(state => state with { ScheduledChargingStartTime = DateTimeOffset.FromUnixTimeSeconds(1565620707) })))
            .QuerySelector("time[data-local=time]").ShouldBeNull("nothing is plugged in");
    }

    [Fact]
    public async Task A_car_that_has_said_nothing_is_unavailable()
    {
        var scene = new Scene().Fails(new ApiError.Failed("unknown"));
        var card = await CardAsync(SummaryBuilder.Build(scene.Vehicle with { Car = scene.Vehicle.Car with { Vin = "xxxxx" } }, scene.Now));
        card.Text("h2 .tip").ShouldBe("VIN xxxxx");
        card.Row("Status").ShouldBe("unavailable");
        card.QuerySelectorAll("dl > div").Length.ShouldBe(1);
    }

    [Theory]
    [InlineData("FooCar", "FooCar", "VIN 317000", ", VIN 317000")]
    [InlineData(null, "VIN 5YJ3E1EA7KF317000", "VIN 5YJ3E1EA7KF317000", null)]
    [InlineData("", "VIN 5YJ3E1EA7KF317000", "VIN 5YJ3E1EA7KF317000", null)]
    public async Task A_car_is_called_by_its_name_or_its_number(string? name, string title, string tip, string? hidden)
    {
        var summary = Of(Online() with { DisplayName = name });
        var card = await CardAsync(summary with { Car = summary.Car with { Vin = "5YJ3E1EA7KF317000", Name = null } });
        var heading = card.QuerySelector("h2 .tip")!;
        (heading.TextContent, heading.GetAttribute("data-tip")).ShouldBe((title, tip));
        heading.HasAttribute("title").ShouldBeFalse();
        card.Text("h2 .visually-hidden").ShouldBe(hidden);
    }

    [Theory]
    [InlineData("model3", "p74d", "Model 3 LR AWD Performance", "P74D")]
    [InlineData("models2", "p90d", "Model S P90D", null)]
    [InlineData("cybertruck", null, "Cybertruck", null)]
    [InlineData("unheard", null, null, null)]
    public async Task The_model_is_named(string type, string? badging, string? subtitle, string? tip)
    {
        var scene = new Scene().Gets(Online() with { VehicleConfig = new VehicleConfig { CarType = type, TrimBadging = badging } });
        var card = await CardAsync(SummaryBuilder.Build(scene.Vehicle, scene.Now));
        card.Text(".subtitle").ShouldBe(subtitle);
        card.QuerySelector(".subtitle [data-tip]")?.GetAttribute("data-tip").ShouldBe(tip);
    }

    [Fact]
    public async Task The_version_leads_to_its_release_notes()
    {
        var link = (await CardAsync(Online().Version("2019.40.50.7 ad132c7b057e"))).QuerySelector("dd a")!;
        (link.TextContent.Trim(), link.GetAttribute("href"), link.GetAttribute("target"))
            .ShouldBe(("2019.40.50.7", "https://www.notateslaapp.com/software-updates/version/2019.40.50.7/release-notes", "_blank"));
    }

    [Theory]
    [InlineData("available", null, null, "Software Update available (2020.4.1)", "")]
    [InlineData("downloading", 42, null, "Downloading 42%", "")]
    [InlineData("downloading_wifi_wait", 42, null, "Downloading 42%", "")]
    [InlineData("installing", 100, 25, "Installing 25%", "is-installing")]
    [InlineData("scheduled", 100, 10, "Software Update available (2020.4.1)", "is-ready")]
    public async Task An_update_says_how_far_it_is(string status, int? download, int? install, string tip, string look)
    {
        var card = await CardAsync(Of(Online().Update(status, version: "2020.4.1 4a4ad401858f", download: download, install: install)));
        var icon = card.QuerySelector("a:has(use[href$='#gift-outline'])")!;
        icon.GetAttribute("data-tip").ShouldBe(tip);
        icon.ClassName!["tip".Length..].Trim().ShouldBe(look);
        icon.GetAttribute("href").ShouldBe("https://www.notateslaapp.com/software-updates/version/2020.4.1/release-notes");
        icon.GetAttribute("rel").ShouldBe("noopener noreferrer");
    }

    [Theory]
    [InlineData(73, 70, true)]
    [InlineData(72, 70, false)]
    [InlineData(73, null, false)]
    public async Task A_cold_battery_shows_a_snowflake(int level, int? usable, bool isShown)
        => (await CardAsync(Online().Charge(state => state with { BatteryLevel = level, UsableBatteryLevel = usable }))).Icons()
            .Contains("Reduced Battery Range").ShouldBe(isShown);

    [Fact]
    public async Task Errors_that_open_the_breaker_show_an_alert()
    {
        var scene = new Scene().Gets(Online());
        (await CardAsync(SummaryBuilder.Build(scene.Vehicle, scene.Now))).Icons().ShouldNotContain("Health check failed");
        scene.Fails(new ApiError.Failed("unknown"), times: 10);
        (await CardAsync(SummaryBuilder.Build(scene.Vehicle, scene.Now))).Icons().ShouldContain("Health check failed");
    }

    [Fact]
    public async Task The_map_begins_where_the_car_is()
    {
        var card = await CardAsync(Online(latitude: 52.3950657, longitude: 13.78956).Drive(drive => drive with { Heading = 90 }));
        card.QuerySelector("a[href^='https://www.google.com/maps']")!.GetAttribute("href")
            .ShouldBe("https://www.google.com/maps?q=52.3950657,13.78956");
        var position = card.QuerySelector("input#position_1")!;
        position.GetAttribute("value").ShouldBe("52.3950657,13.78956,90");
        position.HasAttribute("disabled").ShouldBeTrue();
        card.QuerySelector(".map-maximize")!.GetAttribute("aria-label").ShouldBe("Maximize map");
    }

    [Fact]
    public async Task A_tyre_without_enough_pressure_is_named()
    {
        var card = await CardAsync(Online().Body(body => body with
        {
            TpmsSoftWarningFl = true,
            TpmsSoftWarningFr = false,
            TpmsSoftWarningRl = false,
            TpmsSoftWarningRr = false,
            TpmsPressureFl = 2.9,
        }));
        card.Icons().ShouldContain("Tire with low pressure: Front left (2.9 Bar)");
        await _pages.Database.ExecuteAsync("update settings set unit_of_pressure = 'psi'");
        (await CardAsync(Online().Body(body => body with
        {
            TpmsSoftWarningFl = true,
            TpmsSoftWarningFr = false,
            TpmsSoftWarningRl = true,
            TpmsSoftWarningRr = false,
            TpmsPressureFl = 2.9,
        }))).Icons().ShouldContain("Tires with low pressure: Front left (42.1 PSI), Rear left (—)");
        // All four must be known.
        (await CardAsync(Online().Body(body => body with { TpmsSoftWarningFl = true }))).Icons()
            .ShouldAllBe(tip => !tip!.StartsWith("Tire", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_drive_without_contact_is_shown_as_offline()
    {
        var scene = new Scene().Gets(Online().Gear(ShiftState.D, mph: 30)).Gets(20, Offline);
        var summary = SummaryBuilder.Build(scene.Vehicle, scene.Now);
        scene.Phase.ShouldBeOfType<VehiclePhase.Driving>();
        (await CardAsync(summary)).Row("Status").ShouldStartWith("offline");
    }

    [Fact]
    public async Task A_request_under_way_shows_a_spinner()
    {
        (await CardAsync(Online())).QuerySelector("#busy_1")!.HasAttribute("hidden").ShouldBeTrue();
        _pages.Vehicles.Set(new CarId(1), isBusy: true);
        var spinner = (await CardAsync(Online())).QuerySelector("#busy_1")!;
        spinner.HasAttribute("hidden").ShouldBeFalse();
        spinner.GetAttribute("data-tip").ShouldBe("Fetching vehicle data ...");
    }

    [Fact]
    public async Task Each_car_has_its_card_in_the_owners_order()
    {
        await using var pages = await PagesUnderTest.StartAsync();
        using var browser = pages.Visit();
        var empty = await browser.PageAsync("/");
        empty.QuerySelectorAll("article.car").ShouldBeEmpty();
        empty.Text(".empty p")!.ShouldStartWith("No car is being logged yet.");
        pages.Vehicles.Hub.Publish(FakeVehicles.Car(1));
        pages.Vehicles.Hub.Publish(FakeVehicles.Car(2, "Second"));
        (await browser.PageAsync("/")).QuerySelectorAll("article.car").Select(card => card.Id).ShouldBe(["car_1", "car_2"]);
        var first = FakeVehicles.Car(2, "Second");
        pages.Vehicles.Hub.Publish(first with { Car = first.Car with { DisplayPriority = 0 } });
        (await browser.PageAsync("/")).QuerySelectorAll("article.car").Select(card => card.Id).ShouldBe(["car_2", "car_1"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_car_is_left_alone_and_called_back(bool byScript)
    {
        _pages.Vehicles.Hub.Publish(Of(Online().Climate(climate => climate with { ClimateKeeperMode = "off", IsPreconditioning = false })
            .Body(body => body with { SentryMode = false, IsUserPresent = false })));
        var before = await _browser.PageAsync("/");
        before.Text("article form button").ShouldBe("try to sleep");
        var asleep = await PressAsync("/cars/1/suspend");
        asleep.Row("Status").ShouldBe("falling asleep");
        asleep.Text("form[action='/cars/1/resume'] button").ShouldBe("cancel sleep attempt");
        var awake = await PressAsync("/cars/1/resume");
        awake.Row("Status").ShouldBe("online");
        awake.Text("form[action='/cars/1/suspend'] button").ShouldBe("try to sleep");

        async Task<IParentNode> PressAsync(string path)
        {
            if (byScript)
                _browser.Headers.Add("HX-Request", "true");
            using var response = await _browser.PostAsync(path, from: "/settings");
            _browser.Headers.Remove("HX-Request");
            if (byScript)
                return await Browser.ParseAsync(response);
            response.Headers.Location!.ToString().ShouldBe("/");
            return (await _browser.PageAsync("/")).QuerySelector("#car_1")!;
        }
    }

    [Theory]
    [InlineData("unlocked", "Car is unlocked")]
    [InlineData("doors_open", "Doors are open")]
    [InlineData("trunk_open", "Trunk is open")]
    [InlineData("sentry_mode", "Sentry mode is enabled")]
    [InlineData("preconditioning", "Preconditioning")]
    [InlineData("dogmode", "Dog mode is enabled")]
    [InlineData("user_present", "Driver present")]
    [InlineData("downloading_update", "Downloading update")]
    [InlineData("update_in_progress", "Update in progress")]
    [InlineData("timeout", "Timeout")]
    [InlineData("charging_in_progress", "An error occurred")]
    [InlineData("vehicle_not_parked", "An error occurred")]
    [InlineData("power_usage", "An error occurred")]
    [InlineData("gateway_error", "An error occurred")]
    public async Task A_refusal_to_sleep_is_told_on_the_card_and_changes_nothing(string reason, string text)
    {
        var state = reason == "update_in_progress" ? VehicleStateName.Updating : VehicleStateName.Online;
        _pages.Vehicles.Hub.Publish(FakeVehicles.Car(state: state) with { ClimateKeeperMode = "off" });
        _pages.Vehicles.Suspending = new SuspendAnswer.InUse(reason);
        _browser.Headers.Add("HX-Request", "true");
        using (var response = await _browser.PostAsync("/cars/1/suspend", from: "/settings"))
        {
            var card = await Browser.ParseAsync(response);
            card.Text("button.is-danger[disabled]").ShouldBe(text);
            card.Row("Status").ShouldBe(state.Word);
            card.QuerySelectorAll("form").ShouldBeEmpty();
        }

        // Without script the next page says it.
        _browser.Headers.Remove("HX-Request");
        (await _browser.PostAsync("/cars/1/suspend", from: "/settings")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await _browser.PageAsync("/")).Text("[role=alert].is-danger:not([hidden])").ShouldBe(text);
        (await _browser.PageAsync("/")).Text("[role=alert].is-danger:not([hidden])").ShouldBeNull();
    }

    async Task<IElement> CardAsync(VehicleData answer) => await CardAsync(Of(answer));

    async Task<IElement> CardAsync(Summary summary)
    {
        _pages.Vehicles.Hub.Publish(summary);
        return (await _browser.PageAsync("/")).QuerySelector("#car_1").ShouldNotBeNull();
    }

    static Summary Of(VehicleData answer) => new Scene().Gets(answer).Summaries[^1];
}

static class Cards
{
    extension(IParentNode card)
    {
        /// <summary>The value beside a label, with what a screen reader says.</summary>
        public string? Row(string label)
            => card.QuerySelectorAll("dl > div").SingleOrDefault(row => row.QuerySelector("dt")!.TextContent == label)?.Text("dd");

        public IReadOnlyList<string?> Icons()
            => [.. card.QuerySelectorAll(".car-icons [aria-label]:not(.spinner)").Select(icon => icon.GetAttribute("aria-label"))];
    }
}
