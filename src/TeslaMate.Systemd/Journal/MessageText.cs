using System.Globalization;
using Serilog.Events;
using Serilog.Parsing;
using TeslaMate.Configuration;

namespace TeslaMate.Systemd.Journal;

/// <summary>What a log event says to people. In a line, a value can neither begin another one nor steer the terminal that shows it.</summary>
public static class MessageText
{
    /// <summary>
    /// The message with its values, texts among them without quotation marks, for those who can tell where it ends, as the journal can.
    /// </summary>
    public static string Render(LogEvent logEvent) => Render(logEvent, value => value);

    /// <summary>The message with its values, texts among them without quotation marks, and all of them escaped.</summary>
    public static string RenderLine(LogEvent logEvent) => Render(logEvent, VisibleText.Escape);

    static string Render(LogEvent logEvent, Func<string, string> write)
    {
        ArgumentNullException.ThrowIfNull(logEvent);
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            if (token is not PropertyToken property)
            {
                token.Render(logEvent.Properties, text, CultureInfo.InvariantCulture);
                continue;
            }

            if (property is { Format: null, Alignment: null } && logEvent.Properties.TryGetValue(property.PropertyName, out var known)
                && known is ScalarValue { Value: string plain })
            {
                text.Write(write(plain));
                continue;
            }

            using var value = new StringWriter(CultureInfo.InvariantCulture);
            property.Render(logEvent.Properties, value, CultureInfo.InvariantCulture);
            text.Write(write(value.ToString()));
        }

        return text.ToString();
    }

    /// <summary>An exception as lines below a message. They are indented, so that none of them can pass for a message.</summary>
    public static string Render(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return string.Join('\n', exception.ToString().ReplaceLineEndings("\n").Split('\n').Select(line => $"  {VisibleText.Escape(line)}"));
    }
}
