using Serilog;
using TeslaMate.Configuration;
using TeslaMate.Logging;
using TeslaMate.Systemd.Journal;

namespace TeslaMate.Tests.Host;

/// <summary>What comes from outside can neither forge a line nor steer the terminal.</summary>
public sealed class PlainLinesTests
{
    const string Forged = "Bob\n2026-01-01 00:00:00.000 [info] Signed in\r\u001b[2J\u0007\u009b1m\u2028x\u202Ey\tz";

    const string Escaped = @"Bob\n2026-01-01 00:00:00.000 [info] Signed in\r\u001B[2J\u0007\u009B1m\u2028x\u202Ey\tz";

    [Fact]
    public void A_plain_line_is_one_line()
    {
        Plain(log => log.Information("Car {CarId} is new: {Name}", 1, Forged)).ShouldEndWith($" car_id=1 [info] Car 1 is new: {Escaped}\n");
        Plain(log => log.Information("Cars {Names}", (object)new[] { Forged })).Count(letter => letter == '\n').ShouldBe(1);
        Plain(log => log.Information("{@Car}", new { Name = Forged })).ShouldNotContain('\u001b');
    }

    [Fact]
    public void The_lines_of_an_exception_cannot_pass_for_others()
    {
        var lines = Plain(log => log.Error(new InvalidOperationException(Forged), "It broke")).TrimEnd('\n').Split('\n');
        lines.Skip(1).ShouldAllBe(line => line.StartsWith("  ", StringComparison.Ordinal));
        lines.ShouldNotContain(line => line.Contains('\u001b'));
    }

    [Fact]
    public void The_journal_gets_one_line_too()
    {
        using var output = new StringWriter();
        using (var log = new LoggerConfiguration().WriteTo.Sink(new PriorityLines(output, text => text)).CreateLogger())
            log.Information("Car {CarId} is new: {Name}", 1, Forged);
        output.ToString().ShouldBe($"<6>Car 1 is new: {Escaped}\n");
    }

    [Fact]
    public void A_secret_with_control_characters_is_struck_all_the_same()
        => Plain(log => log.Information("{Text}", "x hunter\n2\t! y"), "hunter\n2\t!").ShouldEndWith("x *** y\n");

    static string Plain(Action<ILogger> write, string secret = "a secret")
    {
        using var output = new StringWriter { NewLine = "\n" };
        using (var log = new LoggerConfiguration().WriteTo.Sink(new WriterSink(output, new PlainLines(new SecretRedactor([new Secret(secret)]))))
            .CreateLogger())
            write(log);
        return output.ToString();
    }
}
