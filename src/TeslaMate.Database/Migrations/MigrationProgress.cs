using TeslaMate.Configuration;

namespace TeslaMate.Database.Migrations;

/// <summary>What happens during a run, for people. Closed.</summary>
public abstract record MigrationProgress
{
    MigrationProgress() { }

    /// <summary>A version begins: the <paramref name="Number"/>th of <paramref name="Count"/>.</summary>
    public sealed record Started(string Version, bool Back, int Number, int Count) : MigrationProgress;

    /// <summary>A version is committed.</summary>
    public sealed record Finished(string Version, bool Back, int Number, int Count, TimeSpan Took) : MigrationProgress;

    /// <summary>It takes longer: what is being done or waited for. Repeated every two seconds.</summary>
    public sealed record Working(string What, TimeSpan Elapsed, string Doing) : MigrationProgress;

    /// <summary>Something to know; a <paramref name="Warning"/> asks for attention.</summary>
    public sealed record Note(string Text, bool Warning = false) : MigrationProgress;

    /// <summary>
    /// A key had to be made, since none was set. It is for the owner's eyes: to be shown where somebody started the migration, not to be kept in a
    /// log.
    /// </summary>
    /// <param name="Files">Where it was written for the next start; may be empty.</param>
    public sealed record NewKey(Secret Key, IReadOnlyList<string> Files) : MigrationProgress
    {
        /// <summary>What to do about it, without the key.</summary>
        public string Advice => $"No ENCRYPTION_KEY was set, so a new key was made to encrypt the Tesla tokens with. {(Files.Count > 0
            ? $"It was written to {string.Join(" and ", Files)}, where the next start finds it. Set the variable to it; once the "
                + "file is gone a new sign-in is needed."
            : "Set the variable from now on; without this key the next start asks for a new sign-in.")}";
    }
}
