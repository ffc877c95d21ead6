using System.Net;
using System.Net.Sockets;
using System.Text;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;

namespace TeslaMate.Tests.CommandLine;

public sealed class HealthCommandTests
{
    [Theory]
    [InlineData("127.0.0.1", null)]
    [InlineData("::1", "::1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("::", "::")]
    [InlineData("socket", "socket")]
    public async Task It_asks_where_the_program_listens_and_answers_as_that_does(string listensOn, string? setting)
    {
        var folder = Directory.CreateTempSubdirectory("teslamate-health-");
        try
        {
            var path = Path.Combine(folder.FullName, "web.sock");
            using var listener = listensOn == "socket"
                ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
                : new Socket(IPAddress.Parse(listensOn).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(listensOn == "socket" ? new UnixDomainSocketEndPoint(path) : new IPEndPoint(IPAddress.Parse(listensOn), 0));
            listener.Listen();
            var port = listener.LocalEndPoint is IPEndPoint endPoint ? endPoint.Port : 4000;
            var variables = new Dictionary<string, string> { ["PORT"] = $"{port}" };
            if (setting is not null)
                variables["HTTP_BINDING_ADDRESS"] = setting == "socket" ? path : setting;

            foreach (var (status, code) in new[] { ("200 OK", ExitCode.Ok), ("503 Service Unavailable", ExitCode.Failure) })
            {
                var serving = AnswerAsync(listener, status);
                var output = new StringWriter();
                (await HealthCommand.RunAsync(new Variables(variables), output, TextWriter.Null, CancellationToken.None)).ShouldBe(code, status);
                (await serving).ShouldStartWith("GET /health_check?verbose HTTP/1.1\r\n");
                output.ToString().ShouldBe("database: well\n");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_socket_that_is_not_there_is_said_to_be_missing()
    {
        var error = new StringWriter();
        (await HealthCommand.RunAsync(new Variables(new Dictionary<string, string> { ["HTTP_BINDING_ADDRESS"] = "/nonexistent/web.sock" }),
            TextWriter.Null, error, CancellationToken.None)).ShouldBe(ExitCode.Failure);
        error.ToString().ShouldBe("No answer from /nonexistent/web.sock: There is no such socket.\n");
    }

    [Fact]
    public async Task Nobody_there_is_a_failure_and_wrong_settings_are_told()
    {
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var error = new StringWriter();
        (await HealthCommand.RunAsync(new Variables(new Dictionary<string, string> { ["PORT"] = $"{((IPEndPoint)reserved.LocalEndPoint!).Port}" }),
            TextWriter.Null, error, CancellationToken.None))
            .ShouldBe(ExitCode.Failure);
        error.ToString().ShouldBe($"No answer from {reserved.LocalEndPoint}: Connection refused\n");
        (await HealthCommand.RunAsync(new Variables(new Dictionary<string, string> { ["PORT"] = "x" }), TextWriter.Null, error,
            CancellationToken.None)).ShouldBe(ExitCode.Configuration);
    }

    static async Task<string> AnswerAsync(Socket listener, string status)
    {
        using var connection = await listener.AcceptAsync();
        var buffer = new byte[4096];
        var count = await connection.ReceiveAsync(buffer);
        await connection.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 15\r\nConnection: close\r\n\r\ndatabase: well\n"));
        return Encoding.ASCII.GetString(buffer, 0, count);
    }
}
