using System.Diagnostics;

namespace TeslaMate.SystemTests;

/// <summary>
/// The program outside a machine: the one in the folder named by <c>TESLAMATE_TEST_PROGRAM</c>, otherwise the build beside the tests.
/// </summary>
static class ProgramCommand
{
    /// <summary>How it is started, what it says to be read.</summary>
    public static ProcessStartInfo Of(params string[] arguments)
    {
        var start = Environment.GetEnvironmentVariable("TESLAMATE_TEST_PROGRAM") is { Length: > 0 } published
            ? new ProcessStartInfo(Path.Combine(published, "teslamate"), arguments)
            : new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "teslamate.dll"), .. arguments]);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        return start;
    }
}
