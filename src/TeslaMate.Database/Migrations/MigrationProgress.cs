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
}
