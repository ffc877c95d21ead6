using System.ComponentModel;
using System.Diagnostics;

namespace TeslaMate.Backups;

/// <summary>A program that turns one stream into another. Its arguments are passed on as they are; there is no shell in between.</summary>
sealed class ChildProgram : IAsyncDisposable
{
    readonly Process _process;
    readonly Task _feeding;
    readonly Task<string> _errors;

    ChildProgram(Process process, Stream? input)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _feeding = FeedAsync(input);
    }

    public Stream Output => _process.StandardOutput.BaseStream;

    /// <exception cref="RestoreException">The program is not installed.</exception>
    public static ChildProgram Start(string program, IEnumerable<string> arguments, Stream? input, string purpose)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // It has no use for what opens the database.
        foreach (var name in start.Environment.Keys.Where(name
            => name is not ("PATH" or "LANG" or "LC_ALL" or "LD_LIBRARY_PATH" or "TMPDIR")).ToList())
            start.Environment.Remove(name);
        try
        {
            return new ChildProgram(Process.Start(start) ?? throw new Win32Exception(), input);
        }
        catch (Win32Exception exception)
        {
            var package = program == "pg_restore" ? "postgresql-client" : program;
            throw new RestoreException($"{program} is not installed, which {purpose} needs. On Debian: apt-get install {package}", exception);
        }
    }

    /// <returns>What the program complained about; null when it did its work.</returns>
    public async Task<string?> EndedWithoutErrorsAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        if (_process.ExitCode == 0)
            return null;
        var lines = (await _errors).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join('\n', lines.Take(5).Select(DumpStatement.Printable));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        await _feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ((Task)_errors).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Dispose();
    }

    async Task FeedAsync(Stream? input)
    {
        await using var to = _process.StandardInput.BaseStream;
        try
        {
            if (input is not null)
                await input.CopyToAsync(to);
        }
        catch (IOException)
        {
            // The program has ended, and says why.
        }
        catch (InvalidDataException exception)
        {
            // What is fed in is damaged itself; a program that gets half of it says so too.
            Debug.WriteLine(exception.Message);
        }
    }
}
