using System.CommandLine;
using System.Runtime.InteropServices;

namespace TeslaMate.CommandLine;

/// <summary>
/// The command line: which verbs there are, and what all have in common. A verb is one class in this folder with a static <c>Create</c> that returns
/// its <see cref="Command"/>, listed in <see cref="Verbs"/>; its action returns one of <see cref="ExitCode"/>.
/// </summary>
sealed class ProgramCommand
{
    readonly RootCommand _root = new("Logs what your Tesla does into a PostgreSQL database, compatible with TeslaMate.");

    void Build(string? first)
    {
        foreach (var verb in Alone(first) is { } alone ? [alone] : (IEnumerable<Command>)[.. Verbs(), .. ShellCommands.Create(_root)])
            _root.Add(verb);
        // Without a verb the program does its daily work.
        _root.Action = _root.Subcommands.FirstOrDefault(verb => verb.Name == "serve")?.Action;
    }

    /// <summary>What service managers and health checks start is put together without the other verbs, which they would wait for.</summary>
    static Command? Alone(string? first) => first switch
    {
        "serve" => ServeCommand.Create(),
        "start" => ServeCommand.CreateStart(),
        "migrate" => MigrateCommand.Create(),
        "status" => StatusCommand.Create(),
        "health" => HealthCommand.Create(),
        _ => null,
    };

    internal static IEnumerable<Command> Verbs() =>
    [
        ServeCommand.Create(),
        ServeCommand.CreateStart(),
        MigrateCommand.Create(),
        RollbackCommand.Create(),
        StatusCommand.Create(),
        SignInCommand.Create(),
        SetPasswordCommand.Create(),
        TokenCommands.Create(),
        ImportCommand.Create(),
        RestoreCommand.Create(),
        HealthCommand.Create(),
        DemoCommand.Create(),
        TelemetryCommands.Create(),
        RebuildStatisticsCommand.Create(),
        ExportCommand.Create(),
        HistoryCommands.Create(),
        .. CorrectionCommands.Create(),
    ];

    /// <summary>
    /// Carries out the command line. Ctrl-C and a request to stop reach the verb as cancellation; the second one ends the process at once.
    /// </summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error,
        CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        Build(arguments is [var first, ..] ? first : null);
        var parsed = _root.Parse(arguments);
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            // The signals are ours: how long a verb may take to end is for the service manager to say.
            ProcessTerminationTimeout = null,
        };
        try
        {
            var code = await parsed.InvokeAsync(configuration, stop.Token);
            return parsed.Errors.Count > 0 ? ExitCode.Usage : code;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }

        void Stop(PosixSignalContext context)
        {
            // The second request means "now". As process 1 the default action would do nothing, so the process ends itself.
            if (stop.IsCancellationRequested)
                Environment.Exit(ExitCode.Interrupted);
            context.Cancel = true;
            stop.Cancel();
        }
    }
}
