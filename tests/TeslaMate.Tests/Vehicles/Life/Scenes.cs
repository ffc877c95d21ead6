using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles;
using static TeslaMate.Tests.Vehicles.ACar;

namespace TeslaMate.Tests.Vehicles;

/// <summary>Cars brought to a state by the shortest way.</summary>
static class Scenes
{
    public static readonly string[] States =
        ["start", "online", "driving", "unavailable", "lost", "timed out", "charging", "updating", "suspended", "asleep", "offline"];

    public static Scene In(string state, bool streaming = false, VehicleSettings? settings = null)
    {
        var scene = new Scene(streaming, settings: settings);
        return state switch
        {
            "start" => scene,
            "online" => scene.Gets(Online(0)),
            "driving" => scene.Gets(Online(0), Online(1).Gear(ShiftState.D, 30)),
            "unavailable" => scene.Gets(Online(0), Online(1).Gear(ShiftState.D, 30), Offline),
            "lost" => scene.Gets(Online(0), Online(1).Gear(ShiftState.D, 30)).Gets(17, Offline),
            "timed out" => scene.Gets(Online(0), Online(1).Gear(ShiftState.D, 30)).Gets(17, Offline).PassMinutes(15).Gets(Offline),
            "charging" => scene.Gets(Online(0), Online(1).Charging("Charging", 0.1, 100)),
            "updating" => scene.Gets(Online(0), Online(1).Update("installing")),
            "suspended" => Suspend(scene),
            "asleep" => scene.Gets(Asleep),
            "offline" => scene.Gets(Offline),
            _ => throw new ArgumentOutOfRangeException(nameof(state)),
        };
    }

    static Scene Suspend(Scene scene)
    {
        scene.Gets(Online(0));
        scene.Suspend(new ApiAnswer<VehicleData>.Ok(Online(1))).ShouldBeOfType<SuspendAnswer.Suspended>();
        return scene;
    }
}
