using System.Globalization;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace TeslaMate.Systemd.Journal;

public static class MessageText
{
    static readonly MessageTemplateTextFormatter Formatter = new("{Message:l}", CultureInfo.InvariantCulture);

    /// <summary>The message with its values, texts among them without quotation marks.</summary>
    public static string Render(LogEvent logEvent)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        Formatter.Format(logEvent, text);
        return text.ToString();
    }
}
