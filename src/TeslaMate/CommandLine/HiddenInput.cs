using System.Text;

namespace TeslaMate.CommandLine;

/// <summary>Reads a line at a terminal without showing it.</summary>
static class HiddenInput
{
    /// <summary>The line; null when it was given up by Escape or ended before it began.</summary>
    public static string? Read()
    {
        var text = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    return text.ToString();
                case ConsoleKey.Escape:
                    return null;
                case ConsoleKey.Backspace when text.Length > 0:
                    text.Length--;
                    break;
                case ConsoleKey.D when key.Modifiers == ConsoleModifiers.Control:
                    return text.Length > 0 ? text.ToString() : null;
                default:
                    if (!char.IsControl(key.KeyChar))
                        text.Append(key.KeyChar);
                    break;
            }
        }
    }
}
