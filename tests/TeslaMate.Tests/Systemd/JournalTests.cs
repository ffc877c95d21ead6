using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Serilog;
using Serilog.Core;
using TeslaMate.Systemd;
using TeslaMate.Systemd.Journal;

namespace TeslaMate.Tests.Systemd;

public sealed class JournalTests
{
    [Theory]
    [InlineData("CarId", "CAR_ID")]
    [InlineData("DriveId", "DRIVE_ID")]
    [InlineData("MigrationVersion", "MIGRATION_VERSION")]
    [InlineData("carId", "CAR_ID")]
    [InlineData("HTTPStatus", "HTTP_STATUS")]
    [InlineData("Http2Status", "HTTP2_STATUS")]
    [InlineData("DistanceKm", "DISTANCE_KM")]
    [InlineData("request.path", "REQUEST_PATH")]
    [InlineData("_Private", "PRIVATE")]
    [InlineData("2nd", "FIELD_2ND")]
    [InlineData("Message", "FIELD_MESSAGE")]
    [InlineData("Priority", "FIELD_PRIORITY")]
    [InlineData("ß", "FIELD")]
    public void A_property_becomes_a_field_in_the_journals_spelling(string property, string field) => JournalFieldName.From(property).ShouldBe(field);

    [Fact]
    public void Every_field_name_is_valid()
        => Prop.ForAll<NonNull<string>>(property => JournalFieldName.From(property.Get) is { Length: > 0 and <= 64 } name
            && char.IsAsciiLetterUpper(name[0])
            && name.All(letter => char.IsAsciiLetterUpper(letter) || char.IsAsciiDigit(letter) || letter == '_')).QuickCheckThrowOnFailure();

    [Fact]
    public void An_event_carries_its_properties_as_fields()
    {
        using var journald = new DatagramListener();
        using (var log = Logger(journald))
            log.Warning("Car {CarId}: drive {DriveId} ended, {DistanceKm:0.0} km; {Places}", 1, 17, 12.345, new[] { "Home", "Work" });

        Fields(journald.ReceiveBytes()).ShouldBe([
            ("MESSAGE", "Car 1: drive 17 ended, 12.3 km; [\"Home\", \"Work\"]"), ("PRIORITY", "4"), ("SYSLOG_IDENTIFIER", "teslamate"),
            ("CAR_ID", "1"), ("DRIVE_ID", "17"), ("DISTANCE_KM", "12.345"), ("PLACES", "Home"), ("PLACES", "Work"),
        ]);
    }

    [Fact]
    public void Several_lines_and_an_exception_arrive_whole()
    {
        using var journald = new DatagramListener();
        using (var log = Logger(journald))
            log.Error(new InvalidOperationException("outer\nline", new TimeoutException("inner")), "First\nsecond");

        var fields = Fields(journald.ReceiveBytes()).ToDictionary();
        fields["MESSAGE"].ShouldBe("First\nsecond\nInvalidOperationException: outer\nline\nTimeoutException: inner");
        fields["PRIORITY"].ShouldBe("3");
        fields["EXCEPTION"].ShouldStartWith("System.InvalidOperationException: outer\nline");
        fields["EXCEPTION_TYPE"].ShouldBe("System.InvalidOperationException");
    }

    [Fact]
    public void Framing_and_reading_gives_any_text_back()
        => Prop.ForAll<NonNull<string>>(text =>
        {
            var value = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get));
            using var journald = new DatagramListener();
            using (var log = Logger(journald))
                log.Information("{Text:l}", value);
            return Fields(journald.ReceiveBytes()).Contains(("TEXT", value));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_message_larger_than_a_datagram_arrives_through_sealed_memory()
    {
        using var journald = new DatagramListener();
        var text = new string('x', 5_000_000) + "\nend";
        using (var log = Logger(journald))
            log.Information("{Text:l}", text);

        // Reading the datagram as a plain one shows that it is empty: the content came as a descriptor.
        var (bytes, seals) = DescriptorReceiver.Receive(journald.Socket);
        Fields(bytes).ToDictionary()["MESSAGE"].ShouldBe(text);
        seals.ShouldBe(0xF);
    }

    [Fact]
    public void Secrets_are_struck_from_message_fields_and_exceptions()
    {
        using var journald = new DatagramListener();
        using (var log = new LoggerConfiguration().WriteTo.Journald(redact: text => text.Replace("hunter2", "***", StringComparison.Ordinal),
            socketPath: journald.Name)
            .CreateLogger())
            log.Error(new InvalidOperationException("bad hunter2"), "{Password} {@Structure}", "hunter2", new { Inner = "hunter2" });
        journald.Receive().ShouldNotContain("hunter2");
    }

    [Fact]
    public void What_the_journal_does_not_take_goes_to_the_fallback_with_a_priority_on_every_line()
    {
        var fallback = new StringWriter();
        using (var log = new LoggerConfiguration()
            .WriteTo.Sink(new JournaldSink(new JournalSocket("/nonexistent/socket"), "teslamate", text => text,
                new PriorityLines(fallback, text => text)))
            .CreateLogger())
            log.Warning("two\nlines");
        fallback.ToString().ShouldBe("<4>two\n<4>lines\n");
    }

    [Theory]
    [InlineData("8:12345", "/proc/1/fd/socket:[12345]", true)]
    [InlineData("8:12345", "socket:[12346]", false)]
    [InlineData("8:12345", "/dev/null", false)]
    [InlineData(null, "socket:[12345]", false)]
    [InlineData("nonsense", "socket:[12345]", false)]
    public void The_journal_is_used_only_while_standard_error_goes_there(string? journalStream, string standardError, bool connected)
        => JournalStream.IsConnected(journalStream, standardError).ShouldBe(connected);

    static Logger Logger(DatagramListener journald)
        => new LoggerConfiguration().WriteTo.Journald(socketPath: journald.Name).CreateLogger();

    /// <summary>Reads the native protocol as journald does.</summary>
    static List<(string Name, string Value)> Fields(ReadOnlySpan<byte> entry)
    {
        var fields = new List<(string, string)>();
        while (entry.Length > 0)
        {
            var line = entry[..entry.IndexOf((byte)'\n')];
            if (line.IndexOf((byte)'=') is >= 0 and var equals)
            {
                fields.Add((Encoding.ASCII.GetString(line[..equals]), Encoding.UTF8.GetString(line[(equals + 1)..])));
                entry = entry[(line.Length + 1)..];
                continue;
            }

            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(entry[(line.Length + 1)..]);
            var value = entry.Slice(line.Length + 9, length);
            entry[line.Length + 9 + length].ShouldBe((byte)'\n');
            fields.Add((Encoding.ASCII.GetString(line), Encoding.UTF8.GetString(value)));
            entry = entry[(line.Length + 10 + length)..];
        }

        return fields;
    }
}
