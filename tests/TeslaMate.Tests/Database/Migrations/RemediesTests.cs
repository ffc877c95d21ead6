using System.Net.Sockets;
using Npgsql;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Tests.Database.Migrations;

public sealed class RemediesTests
{
    [Theory]
    [InlineData("Name or service not known", "Name or service not known")]
    [InlineData("Failed to connect to 127.0.0.1:1", "Failed to connect to 127.0.0.1:1: Name or service not known")]
    public void A_cause_is_said_once(string message, string told)
        => Remedies.Message(new NpgsqlException(message, new SocketException((int)SocketError.HostNotFound, "Name or service not known")))
            .ShouldBe(told);
}
