using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Triggers, indexes on expressions, checks and defaults that the owner added to tables of the logbook. Their functions run inside this program's
/// statements, which find nothing in schema public without its name; functions that rely on that get <c>search_path = public</c> of their own, as
/// they were written for.
/// </summary>
static class RoutinePaths
{
    /// <summary>Sets the path of those that have none; those of other owners are named, with the remedy.</summary>
    public static async Task KeepAsync(NpgsqlConnection connection, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
    {
        var routines = await connection.RowsAsync(MigrationFolder.Text("queries/relying_routines.sql"), cancellationToken)
            .Select(row => (Name: row.GetString(0), IsOwn: row.GetBoolean(1))).ToListAsync(cancellationToken);
        foreach (var (name, isOwn) in routines)
        {
            var alter = $"alter {name} set search_path = public";
            if (isOwn)
                await connection.ExecuteAsync(alter, cancellationToken);
            progress.Report(isOwn
                ? new MigrationProgress.Note($"The {name} works on tables of the logbook and finds others by their bare names: {alter}.")
                : new MigrationProgress.Note(
                    $"The {name} works on tables of the logbook and may find others by their bare names, which fails. Have its owner run: {alter};",
                    Warning: true));
        }
    }
}
