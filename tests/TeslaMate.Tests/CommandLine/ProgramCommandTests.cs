using System.CommandLine;
using TeslaMate.CommandLine;

namespace TeslaMate.Tests.CommandLine;

public sealed class ProgramCommandTests : IDisposable
{
    readonly StringWriter _output = new();
    readonly StringWriter _error = new();

    [Theory]
    [InlineData("--no-such-option")]
    [InlineData("no-such-verb")]
    public async Task A_command_line_that_is_not_understood_is_a_usage_error_and_is_quoted(string argument)
    {
        (await new ProgramCommand().RunAsync([argument], _output, _error)).ShouldBe(ExitCode.Usage);
        _error.ToString().ShouldContain(argument);
    }

    [Theory]
    [InlineData("rollback abc", "\"abc\" is not a version. Example: rollback 20260808090000")]
    [InlineData("demo --speed abc", "\"abc\" is not a number above 0 and at most 1000. Example: --speed 60")]
    [InlineData("demo --speed NaN", "\"NaN\" is not a number above 0 and at most 1000.")]
    [InlineData("demo --port abc", "\"abc\" is not a port from 0 to 65535. Example: --port 4000")]
    [InlineData("demo --port 65536", "\"65536\" is not a port from 0 to 65535.")]
    [InlineData("demo --duration -5", "\"-5\" is not a number of seconds above 0")]
    [InlineData("demo --duration 99999999999", "\"99999999999\" is not a number of seconds above 0")]
    [InlineData("migrate --to abc", "\"abc\" is not a version. Example: --to 20260808090000")]
    [InlineData("close-drive x", "\"x\" is not a whole number. Example: close-drive 7")]
    [InlineData("token revoke 99999999999", "\"99999999999\" is not a whole number. Example: token revoke 3")]
    [InlineData("history delete plane 7", "\"plane\" is none of: drive, charge")]
    [InlineData("history delete 1 7", "\"1\" is none of: drive, charge")]
    [InlineData("history list --limit 0", "\"0\" is not a whole number above 0. Example: --limit 50")]
    public async Task A_value_that_cannot_be_is_a_usage_error_in_words(string line, string message)
    {
        (await new ProgramCommand().RunAsync(line.Split(' '), _output, _error)).ShouldBe(ExitCode.Usage);
        _error.ToString().ShouldContain(message);
    }

    [Fact]
    public void What_is_neither_text_nor_a_switch_is_read_by_a_parser_of_its_own()
        => All(ProgramCommand.Verbs()).SelectMany(command => command.Options.Cast<Symbol>().Concat(command.Arguments))
            .Where(symbol => symbol.GetType() is { IsGenericType: true } type && !Texts.Contains(type.GetGenericArguments()[0])
                && type.GetProperty("CustomParser")!.GetValue(symbol) is null)
            .Select(symbol => symbol.Name).ShouldBeEmpty();

    static readonly Type[] Texts = [typeof(string), typeof(string[]), typeof(bool), typeof(FileInfo)];

    static IEnumerable<Command> All(IEnumerable<Command> commands) => commands.SelectMany(command => All(command.Subcommands).Prepend(command));

    [Fact]
    public async Task Help_says_what_the_program_is_for()
    {
        (await new ProgramCommand().RunAsync(["--help"], _output, _error)).ShouldBe(ExitCode.Ok);
        _output.ToString().ShouldContain("PostgreSQL");
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }
}
