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
        var speed = new Option<double>("--speed")
        {
            Description = "How many times as fast as real time.",
            DefaultValueFactory = _ => 60,
            CustomParser = Parsers.Number<double>("a number above 0 and at most 1000", "--speed 60", speed => speed is > 0 and <= 1000),
        };
        var port = new Option<int>("--port")
        {
            Description = "The port of the web pages; 0 for any that is free.",
            DefaultValueFactory = _ => 4000,
            CustomParser = Parsers.Number<int>("a port from 0 to 65535", "--port 4000", port => port is >= 0 and <= 65_535),
        };
        var duration = new Option<double?>("--duration")
        {
            Description = "End after so many seconds of real time.",
            // More than a timer can wait for is no end either.
            CustomParser = Parsers.NumberOrNone<double>("a number of seconds above 0 and at most 1000000", "--duration 600",
                seconds => seconds is > 0 and <= 1_000_000),
        };
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
