using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Serilog.Events;

namespace TeslaMate.Systemd.Journal;

/// <summary>One entry in journald's native protocol.</summary>
static class JournalEntry
{
    /// <summary>The entry's bytes.</summary>
    /// <param name="redact">Removes secrets from every text that is written.</param>
    public static byte[] Frame(LogEvent logEvent, string identifier, Func<string, string> redact)
    {
        var entry = new ArrayBufferWriter<byte>(512);
        Write(entry, "MESSAGE", redact(Message(logEvent)));
        Write(entry, "PRIORITY", Priority(logEvent.Level));
        Write(entry, "SYSLOG_IDENTIFIER", identifier);
        if (logEvent.Exception is { } exception)
        {
            Write(entry, "EXCEPTION", redact(exception.ToString()));
            Write(entry, "EXCEPTION_TYPE", exception.GetType().FullName ?? exception.GetType().Name);
        }

        if (logEvent.TraceId is { } trace)
            Write(entry, "TRACE_ID", trace.ToHexString());
        foreach (var (name, value) in logEvent.Properties)
            WriteProperty(entry, name, value, redact);
        return entry.WrittenSpan.ToArray();
    }

    /// <summary>The priority as a digit, 2 (critical) to 7 (debug).</summary>
    public static string Priority(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => "2",
        LogEventLevel.Error => "3",
        LogEventLevel.Warning => "4",
        LogEventLevel.Information => "6",
        _ => "7",
    };

    /// <summary>The line for people: the message and, below it, what went wrong without the stack, which is in <c>EXCEPTION</c>.</summary>
    static string Message(LogEvent logEvent)
    {
        var message = new StringBuilder(MessageText.Render(logEvent));
        for (var exception = logEvent.Exception; exception is not null; exception = exception.InnerException)
            message.Append('\n').Append(exception.GetType().Name).Append(": ").Append(exception.Message);
        return message.ToString();
    }

    static void WriteProperty(ArrayBufferWriter<byte> entry, string name, LogEventPropertyValue value, Func<string, string> redact)
    {
        switch (value)
        {
            case ScalarValue { Value: null }:
                break;
            case ScalarValue { Value: var scalar }:
                Write(entry, JournalFieldName.From(name), redact(Text(scalar)));
                break;
            // Fields may repeat: one per element finds each of them with FIELD=value.
            case SequenceValue sequence:
                foreach (var element in sequence.Elements)
                    WriteProperty(entry, name, element, redact);
                break;
            // The event's number says nothing that its name does not say better.
            case StructureValue { Properties: var members } when name == "EventId":
                if (members.FirstOrDefault(member => member.Name == "Name") is { } eventName)
                    WriteProperty(entry, "Event", eventName.Value, redact);
                break;
            default:
                Write(entry, JournalFieldName.From(name), redact(value.ToString(format: null, CultureInfo.InvariantCulture)));
                break;
        }
    }

    static string Text(object scalar) => scalar switch
    {
        string text => text,
        bool truth => truth ? "true" : "false",
        DateTimeOffset moment => moment.ToString("O", CultureInfo.InvariantCulture),
        DateTime moment => moment.ToString("O", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(format: null, CultureInfo.InvariantCulture),
        _ => scalar.ToString() ?? "",
    };

    static void Write(ArrayBufferWriter<byte> entry, string name, string value)
    {
        // Invalid surrogates become U+FFFD, so every entry is valid UTF-8 and journalctl shows it as text.
        var bytes = Encoding.UTF8.GetBytes(value);
        entry.Write(Encoding.ASCII.GetBytes(name));
        if (bytes.AsSpan().Contains((byte)'\n'))
        {
            entry.Write("\n"u8);
            BinaryPrimitives.WriteInt64LittleEndian(entry.GetSpan(sizeof(long)), bytes.LongLength);
            entry.Advance(sizeof(long));
        }
        else
        {
            entry.Write("="u8);
        }

        entry.Write(bytes);
        entry.Write("\n"u8);
    }
}
