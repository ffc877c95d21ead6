using System.CommandLine;
using Spectre.Console;
using TeslaMate.Database.Clusters;
using TeslaMate.Demo;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate demo</c>: simulated cars, logged into a database of the demo's own.</summary>
static class DemoCommand
{
    public static Command Create()
    {
        var folder = new Option<string?>("--folder")
        {
            Description = "Where to keep the database, to go on with it later. Without it nothing "
            + "stays."
        };
        var speed = new Option<double>("--speed") { Description = "How many times as fast as real time.", DefaultValueFactory = _ => 60 };
        var port = new Option<int>("--port") { Description = "The port of the web pages; 0 for any that is free.", DefaultValueFactory = _ => 4000 };
        var duration = new Option<double?>("--duration") { Description = "End after so many seconds of real time." };
        speed.Validators.Add(result =>
        {
            if (result.GetValue(speed) is <= 0 or > 1000)
                result.AddError("--speed is a number above 0 and at most 1000, for example --speed 60");
        });
        port.Validators.Add(result =>
        {
            if (result.GetValue(port) is < 0 or > 65535)
                result.AddError("--port is a number from 0 to 65535, for example --port 4000");
        });
        var command = new Command("demo", "Show what this program does, with two simulated cars and a database of its own.") { folder, speed, port,
            duration };
        command.SetAction((parsed, stop) =>
        {
            PrivateCluster.ForgetOtherServers();
            var options = new DemoOptions(parsed.GetValue(folder), parsed.GetValue(speed), parsed.GetValue(port),
                parsed.GetValue(duration) is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
            IDemoScreen screen = Console.IsOutputRedirected
                ? new PlainScreen(parsed.InvocationConfiguration.Output) : new TableScreen(AnsiConsole.Console);
            return new DemoRun(options, screen).RunAsync(stop);
        });
        return command;
    }
}
