using System.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Corrections;

namespace TeslaMate.CommandLine;

/// <summary><c>teslamate close-drive</c> and its kin: corrections by hand, by the logbook's own rules and while the service runs.</summary>
static class CorrectionCommands
{
    public static IEnumerable<Command> Create() =>
    [
        Create("close-drive", "End a drive at its last position; one that is too short is deleted.", "drive",
            (corrections, id, cancellationToken) => corrections.CloseDriveAsync(new DriveId(id), cancellationToken), "closed"),
        Create("close-charge", "Complete a charging process from its charges, its cost included.", "charging process",
            (corrections, id, cancellationToken) => corrections.CompleteChargingAsync(new ChargingProcessId(id), cancellationToken), "completed"),
        Create("delete-drive", "Delete a drive; its positions stay.", "drive",
            (corrections, id, cancellationToken) => corrections.DeleteDriveAsync(new DriveId(id), cancellationToken), Deleted),
        Create("delete-charge", "Delete a charging process and its charges.", "charging process",
            (corrections, id, cancellationToken) => corrections.DeleteChargingAsync(new ChargingProcessId(id), cancellationToken), Deleted),
        RetryRefusedCommand.Create(),
    ];

    const string Deleted = "deleted";

    static Command Create(string name, string description, string noun, Func<ICorrections, int, CancellationToken, Task<bool>> correct, string done)
    {
        var id = new Argument<int>("ID")
        {
            Description = $"The {noun}'s id, as in the address of its dashboard.",
            CustomParser = Parsers.Number<int>(Parsers.WholeNumber, $"{name} 7"),
        };
        var command = new Command(name, description) { id };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            Variables.FromEnvironment(), noun, parsed.GetValue(id), correct, done, parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    internal static Task<int> RunAsync(
        Variables variables, string noun, int id, Func<ICorrections, int, CancellationToken, Task<bool>> correct, string done, TextWriter output,
        TextWriter error, CancellationToken cancellationToken)
        => Verbs.WithLogbookAsync(variables, error, async services =>
        {
            if (await correct(services.GetRequiredService<ICorrections>(), id, cancellationToken))
            {
                await output.WriteLineAsync($"The {noun} with ID {id} is {done}.");
                return ExitCode.Ok;
            }

            // Deleted twice is deleted: the reference's script thinks so too.
            await error.WriteLineAsync(done == Deleted
                ? $"Warning: there is no {noun} with ID {id}. Nothing to delete." : $"There is no {noun} with ID {id}.");
            return done == Deleted ? ExitCode.Ok : ExitCode.Failure;
        });
}
