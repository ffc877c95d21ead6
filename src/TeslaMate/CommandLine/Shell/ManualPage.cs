using System.CommandLine;
using System.Globalization;
using System.Text;

namespace TeslaMate.CommandLine.Shell;

/// <summary>The manual page in section 1, as roff with the man macros (<c>man 7 man</c>), made from the definition of the command line.</summary>
static class ManualPage
{
    /// <param name="root">The whole command line.</param>
    /// <param name="version">The program's version, for the page's foot.</param>
    public static string Of(RootCommand root, string version)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $".TH TESLAMATE 1 \"\" \"teslamate {Escape(version)}\" \"User Commands\"\n");
        page.Append(CultureInfo.InvariantCulture, $".SH NAME\nteslamate \\- {Escape(FirstSentence(root.Description))}\n");
        page.Append(".SH SYNOPSIS\n.B teslamate\n[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR]\n");
        page.Append(".SH DESCRIPTION\n").Append(Escape(root.Description)).Append('\n');
        page.Append(".PP\nWithout a command the program serves. All settings are environment variables; see \\fIdocs/settings.md\\fR.\n");
        page.Append(".SH COMMANDS\n");
        foreach (var command in root.Subcommands.Where(command => !command.Hidden))
            Append(page, command, parents: "");
        page.Append(
            """
            .SH EXIT STATUS
            .TP
            .B 0
            Done.
            .TP
            .B 1
            Failed; the message says why and what to do.
            .TP
            .B 2
            The command line was not understood.
            .TP
            .B 78
            A setting cannot be used; all of them are listed at once.
            .TP
            .B 130
            Ended by Ctrl\-C or a request to stop.

            """);
        return page.ToString();
    }

    static void Append(StringBuilder page, Command command, string parents)
    {
        var path = parents + command.Name;
        page.Append(CultureInfo.InvariantCulture, $".SS \"teslamate {Escape(path)}{Arguments(command)}\"\n");
        page.Append(Escape(command.Description)).Append('\n');
        foreach (var argument in command.Arguments.Where(argument => !argument.Hidden))
            Term(page, $"\\fI{Escape(argument.Name)}\\fR", argument.Description);
        foreach (var option in command.Options.Where(option => !option.Hidden && option.Name != "--help"))
            Term(page, $"\\fB{Escape(string.Join(", ", [option.Name, .. option.Aliases]))}\\fR{Value(option)}", option.Description);
        foreach (var nested in command.Subcommands.Where(nested => !nested.Hidden))
            Append(page, nested, path + " ");
    }

    static void Term(StringBuilder page, string term, string? description)
        => page.Append(CultureInfo.InvariantCulture, $".TP\n{term}\n{Escape(description)}\n");

    static string Arguments(Command command) => string.Concat(command.Arguments.Where(argument => !argument.Hidden).Select(argument
        => argument.Arity.MinimumNumberOfValues == 0 ? $" [{Escape(argument.Name)}]" : $" {Escape(argument.Name)}"));

    static string Value(Option option)
        => option.ValueType == typeof(bool) ? "" : $" \\fI{Escape(option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant())}\\fR";

    static string FirstSentence(string? text) => text?.Split(". ")[0].TrimEnd('.') ?? "";

    // A backslash begins an escape, a point or an apostrophe at the start of a line a request, and a plain "-" may become a hyphen that cannot be
    // searched for.
    static string Escape(string? text)
    {
        var escaped = (text ?? "").Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal).Replace("\n", " ",
            StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
