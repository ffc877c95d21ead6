using System.Diagnostics;
using TeslaMate.CommandLine;

namespace TeslaMate.Tests.CommandLine;

public sealed class ShellCommandTests : IDisposable
{
    readonly StringWriter _output = new();
    readonly StringWriter _error = new();

    [Theory]
    [InlineData("teslamate stat", "status")]
    [InlineData("teslamate migrate --dry", "--dry-run")]
    [InlineData("teslamate completion ", "zsh")]
    public async Task The_program_itself_says_what_may_follow(string line, string candidate)
    {
        await new ProgramCommand().RunAsync([$"[suggest:{line.Length}]", line], _output, _error);
        _output.ToString().Split('\n').ShouldContain(candidate);
    }

    [Fact]
    public async Task Bash_completes_by_the_script()
    {
        (await new ProgramCommand().RunAsync(["completion", "bash"], _output, _error)).ShouldBe(ExitCode.Ok);
        // In place of the program a function that answers as it does.
        var reply = await BashAsync($$"""
            teslamate() { printf 'status\nstart\nserve\n'; }
            {{_output}}
            COMP_LINE='teslamate sta' COMP_POINT=13 COMP_WORDS=(teslamate sta) COMP_CWORD=1
            _teslamate
            printf '%s\n' "${COMPREPLY[@]}"
            """);
        reply.ShouldBe("status\nstart\n");
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Every_shell_gets_a_script_of_its_own(string shell)
    {
        (await new ProgramCommand().RunAsync(["completion", shell], _output, _error)).ShouldBe(ExitCode.Ok);
        _output.ToString().ShouldContain($"teslamate completion {shell}");
    }

    [Fact]
    public async Task Another_shell_is_a_usage_error()
        => (await new ProgramCommand().RunAsync(["completion", "csh"], _output, _error)).ShouldBe(ExitCode.Usage);

    [Fact]
    public async Task The_manual_page_has_every_verb_and_option()
    {
        (await new ProgramCommand().RunAsync(["manual"], _output, _error)).ShouldBe(ExitCode.Ok);
        var page = _output.ToString();
        page.ShouldStartWith(".TH TESLAMATE 1");
        foreach (var verb in new[] { "serve", "start", "migrate", "rollback", "status", "sign\\-in", "set\\-password", "demo", "close\\-drive" })
            page.ShouldContain($".SS \"teslamate {verb}");
        page.ShouldContain("\\-\\-dry\\-run");
        // No line begins with a request that nobody wrote.
        page.Split('\n').Where(line => line.StartsWith('.')).Select(line => line.Split(' ')[0]).Distinct().Order()
            .ShouldBe([".B", ".PP", ".SH", ".SS", ".TH", ".TP"]);
    }

    static async Task<string> BashAsync(string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["--norc"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await bash.StandardInput.WriteAsync(script);
        bash.StandardInput.Close();
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        return output;
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }
}
