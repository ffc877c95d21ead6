using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Faults;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.SystemTests.Machines;

namespace TeslaMate.SystemTests;

/// <summary>The service with two cars, as its administrator sees it: the status line and the journal.</summary>
[Collection(MachineTests.Name)]
public sealed class CarsTests
{
    const string Configuration = $$"""
        settings = {
          TESLA_API_HOST = "{{Machine.CloudAddress}}";
          TESLA_AUTH_HOST = "{{Machine.CloudAddress}}";
          TESLA_AUTH_PATH = "/oauth2/v3";
          TESLA_WSS_HOST = "ws://127.0.0.1:8080";
          NOMINATIM_URL = "{{Machine.CloudAddress}}";
        };
        """;

    [SkippableFact]
    public async Task The_status_line_counts_the_cars_and_the_journal_knows_each_of_them()
    {
        var now = TimeProvider.System.GetUtcNow();
        var city = City.Berlin();
        var driving = new LifeScript(CarIdentity.Number(42, "Nimbus"), CarModel.Model3, city.Home, now - TimeSpan.FromMinutes(2), seed: 1)
            .Park(TimeSpan.FromMinutes(1)).Drive(city.ToCharger).Drive(city.ToCharger.Reversed()).Drive(city.ToCharger).Build();
        var resting = new LifeScript(CarIdentity.Number(43, "Juniper"), CarModel.ModelY, city.Home, now - TimeSpan.FromHours(8), seed: 2)
            .Park(TimeSpan.FromHours(12)).Build();
        await using var cloud = new TeslaCloud([driving, resting], TimeProvider.System);
        await cloud.StartAsync();
        await using var bridge = new CloudBridge(cloud.Address.Port);
        await using var machine = await Machine.BootAsync(Configuration,
            root => Shell.RunAsync("systemctl", "--root", root, "enable", "cloud.socket"), bridge);
        (await machine.RunAsync("systemctl", "start", Machine.Unit)).ExitCode.ShouldBe(0, await machine.JournalAsync());

        // An administrator needs to know neither the service's settings nor its secrets.
        var (access, refresh) = cloud.Accounts.SignIn();
        await machine.ShellAsync($$"""
            teslamate sign-in <<<'{"access_token": "{{access}}", "refresh_token": "{{refresh}}"}'
            teslamate set-password <<<'a long password'
            systemctl restart teslamate.service
            """);
        (await machine.RunAsync("teslamate", "status", "--check")).Succeeded().ShouldNotBeEmpty();
        (await machine.RunAsync("teslamate", "no-such-verb")).ExitCode.ShouldBe(2);
        // At a terminal of its own, too.
        (await machine.ShellAsync("script -qec 'teslamate set-password --api-token' /dev/null")).Trim().Length.ShouldBeGreaterThan(20);

        await machine.UntilAsync("the status line counts both cars", async () => await machine.UnitAsync("StatusText") is var line
            && line.StartsWith("2 cars: 1 driving, 1 ", StringComparison.Ordinal));
        await machine.UntilAsync("positions are written",
            async () => await machine.QueryAsync("select count(*) > 2 from positions where drive_id is not null") == "t");

        // One car's trouble is found by the car.
        var id = await machine.QueryAsync("select id from cars where name = 'Nimbus'");
        var other = await machine.QueryAsync("select id from cars where name = 'Juniper'");
        cloud.Faults.Add(new FaultRule(Fault.InternalError, Car: driving.Car.Id));
        await machine.UntilAsync("the journal warns of the car",
            async () => (await machine.JournalAsync($"CAR_ID={id}", "-p", "warning")).Contains($"Car {id}", StringComparison.Ordinal), seconds: 120);
        (await machine.JournalAsync($"CAR_ID={other}", "-p", "warning")).ShouldNotContain("InternalError");

        // No token is in any field of any entry.
        var journal = await machine.ShellAsync("journalctl -o json --all --no-pager -u teslamate.service");
        journal.ShouldNotContain(access);
        journal.ShouldNotContain(refresh);
    }
}
