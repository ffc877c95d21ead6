using System.Diagnostics;

namespace TeslaMate.SystemTests.Machines;

/// <summary>What a command left behind.</summary>
sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The output of a command that must succeed, without the last line break.</summary>
    public string Succeeded()
    {
        ExitCode.ShouldBe(0, $"{Output}\n{Errors}");
        return Output.TrimEnd('\n');
    }
}

/// <summary>Runs programs of the machine the tests run on.</summary>
static class Shell
{
    // A build of the program with tests in a browser beside it takes its time on a small machine.
    static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(20);

    public static async Task<CommandResult> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(LongestRun);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {LongestRun}.");
        }

        return new CommandResult(process.ExitCode, await output, await errors);
    }
}
