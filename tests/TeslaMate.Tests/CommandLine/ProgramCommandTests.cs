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
