using System.Diagnostics;
using TeslaMate.SystemTests.Machines;

namespace TeslaMate.SystemTests;

/// <summary>The program as it is shipped (<see cref="Publication.FolderAsync"/>), outside a machine.</summary>
static class ProgramCommand
{
    /// <summary>How it is started, what it says to be read.</summary>
    public static async Task<ProcessStartInfo> OfAsync(params string[] arguments)
        => new(Path.Combine(await Publication.FolderAsync(), "teslamate"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
}
