using System.CommandLine;
using TeslaMate.CommandLine.Shell;

namespace TeslaMate.CommandLine;

/// <summary>
/// <c>teslamate completion</c> and <c>teslamate manual</c>: what packages install beside the program, made from its own command line.
/// </summary>
static class ShellCommands
{
    /// <param name="root">The command line that is described; it is read when one of the verbs runs.</param>
    public static IEnumerable<Command> Create(RootCommand root)
    {
        var shell = new Argument<string>("SHELL") { Description = string.Join(", ", CompletionScript.Shells) };
        shell.AcceptOnlyFromAmong([.. CompletionScript.Shells]);
        var completion = new Command("completion", "Write the script that completes this command line in a shell to standard output.") { shell };
        completion.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(CompletionScript.For(parsed.GetRequiredValue(shell))));

        var manual = new Command("manual", "Write the manual page (man -l) to standard output.");
        manual.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(
            ManualPage.Of(root, typeof(ShellCommands).Assembly.GetName().Version?.ToString(3) ?? "")));
        return [completion, manual];
    }
}
