using Serilog.Core;
using Serilog.Events;
using TeslaMate.Logging;

namespace TeslaMate.Tests.Logs;

public sealed class LogOutputTests
{
    [Theory]
    [InlineData("ModelContextProtocol.Server.McpServer", "")]
    [InlineData("TeslaMate.Telemetry.Inbox.InboxWriter", "[error] asked")]
    public void What_a_client_of_assistants_asks_wrongly_is_told_to_it_and_is_no_line_of_the_log(string category, string line)
    {
        using var output = new StringWriter();
        using (var log = LogOutput.Create(new LogSettings(LogEventLevel.Information), new SecretRedactor([]), output))
            log.ForContext(Constants.SourceContextPropertyName, category).Error("asked");
        if (line.Length == 0)
            output.ToString().ShouldBeEmpty();
        else
            output.ToString().ShouldContain(line);
    }
}
