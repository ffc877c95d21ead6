using System.Text.RegularExpressions;
using TeslaMate.Tests.Nix;

namespace TeslaMate.Tests.Database;

/// <summary>Connections look names up in <c>pg_catalog</c> alone, so SQL names the tables of the logbook with their schema.</summary>
public sealed partial class QualifiedNamesTests
{
    [Fact]
    public void No_statement_of_the_program_names_a_table_of_the_logbook_without_its_schema()
    {
        var bare =
            from file in Directory.EnumerateFiles(Path.Combine(Evaluation.Root, "src"), "*.cs", SearchOption.AllDirectories)
            // Scripts of migrations work in public.
            where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/Migrations/", StringComparison.Ordinal)
            from line in File.ReadLines(file)
            where !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && BareName.IsMatch(line)
            select $"{Path.GetFileName(file)}: {line.Trim()}";
        bare.ShouldBeEmpty();
    }

    [GeneratedRegex("""
        (?<![\w.])(from|join|into|update|copy|truncate)\s+(addresses|car_settings|cars|charges|charging_processes|drives|geofences|import_runs
        |import_file_checkpoints|import_rejections|positions|settings|states|updates|schema_migrations)(?![\w.'])
        """, RegexOptions.IgnorePatternWhitespace)]
    static partial Regex BareName { get; }
}
