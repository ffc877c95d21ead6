using System.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Logbook.Refused;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate retry-refused</c>: sends what the database refused once more, while the service runs or not.</summary>
static class RetryRefusedCommand
{
    public static Command Create()
    {
        var discard = new Option<bool>("--discard") { Description = "Forget what the database goes on refusing." };
        var command = new Command("retry-refused", "Write the logbook's entries that the database refused, now that the reason is gone.") { discard };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            Variables.FromEnvironment(), parsed.GetValue(discard), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error,
            cancellationToken));
        return command;
    }

    internal static Task<int> RunAsync(Variables variables, bool discard, TextWriter output, TextWriter error, CancellationToken cancellationToken)
        => Verbs.WithLogbookAsync(variables, error, async services =>
        {
            var refused = services.GetRequiredService<IRefusedEntries>();
            var result = await refused.RetryAsync(cancellationToken);
            foreach (var problem in result.StillRefused)
                await error.WriteLineAsync(problem);
            await output.WriteLineAsync($"{result.Written} refused entries are written, {result.StillRefused.Count} are still refused.");
            if (result.StillRefused.Count == 0)
                return ExitCode.Ok;
            if (!discard)
                return ExitCode.Failure;
            await output.WriteLineAsync($"{await refused.DiscardAsync(cancellationToken)} refused entries are forgotten.");
            return ExitCode.Ok;
        });
}
