using System.Diagnostics;
using System.Reflection;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>The built program in a process of its own, to be killed.</summary>
sealed class ProgramProcess : IAsyncDisposable
{
    readonly Process _process;

    ProgramProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <param name="log">Where its output is added.</param>
    public static ProgramProcess Start(IReadOnlyDictionary<string, string> environment, string log, params IReadOnlyList<string> arguments)
        => Start(environment, log, typeof(TeslaMate.CommandLine.ProgramCommand).Assembly, arguments);

    /// <summary>The same program by the clock at a socket (<see cref="FollowingProgram"/>).</summary>
    public static ProgramProcess Follow(IReadOnlyDictionary<string, string> environment, string log, string clock)
        => Start(environment, log, typeof(FollowingProgram).Assembly, [clock]);

    static ProgramProcess Start(IReadOnlyDictionary<string, string> environment, string log, Assembly assembly, IReadOnlyList<string> arguments)
    {
        // The shell is replaced by the program, so killing it kills the program.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >> \"$log\" 2>&1", "sh", log, "dotnet",
            assembly.Location, .. arguments]);
        foreach (var name in start.Environment.Keys.Where(
            name => name.StartsWith("TESLA", StringComparison.Ordinal) || name.StartsWith("DATABASE", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        // Compiling well is not worth it for so short a life.
        start.Environment["DOTNET_TieredPGO"] = "0";
        return new ProgramProcess(Process.Start(start)!);
    }

    /// <summary>As the kernel does when memory runs out: at once and without a word.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>It has ended, by itself or not.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Waits until it ends by itself.</summary>
    public Task WaitForExitAsync() => _process.WaitForExitAsync();

    /// <summary>As the service manager does.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }
}
