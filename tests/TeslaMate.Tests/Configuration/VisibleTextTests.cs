using TeslaMate.Configuration;

namespace TeslaMate.Tests.Configuration;

public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("plain ünïcödé 🚗", "plain ünïcödé 🚗")]
    [InlineData("a\nb\rc\td", @"a\nb\rc\td")]
    [InlineData("\u001b[2J\u0007\u009b1m", @"\u001B[2J\u0007\u009B1m")]
    [InlineData("x\u202Ey\u2028z", @"x\u202Ey\u2028z")]
    public void What_cannot_be_seen_is_escaped(string text, string escaped) => VisibleText.Escape(text).ShouldBe(escaped);

    [Theory]
    [InlineData("select 1\nfrom\tdrives", "select 1 from drives")]
    [InlineData("0123456789012345678\n", "0123456789012345678 ")]
    [InlineData("0123456789012345678\u001bX", "0123456789012345678  ...")]
    public void A_text_of_several_lines_is_shown_on_one_and_cut(string text, string shown) => VisibleText.OnOneLine(text, most: 20).ShouldBe(shown);
}
