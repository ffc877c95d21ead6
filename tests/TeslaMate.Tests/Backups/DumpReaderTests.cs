using System.Text;
using TeslaMate.Backups;

namespace TeslaMate.Tests.Backups;

public sealed class DumpReaderTests
{
    const int Megabytes = 24;

    /// <summary>Looked through from its beginning with every piece, each of these would take many minutes.</summary>
    [Theory]
    [InlineData("insert into t values ('", "');")]
    [InlineData("create function f() returns int language sql as $$", "$$;")]
    [InlineData("select \"", "\";")]
    [InlineData("select 1 /*", "*/;")]
    [InlineData("/*", "*/ select 1;")]
    [InlineData("-- ", "\nselect 1;")]
    [InlineData("\\restrict ", "\n")]
    public async Task A_long_command_takes_as_long_as_it_is(string begin, string end)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var reader = new DumpReader(new Pieces(begin + new string('x', Megabytes << 20) + end), dropCarriageReturns: false);
        (await reader.ReadAsync(limit.Token)).ShouldNotBeNull();
        (await reader.ReadAsync(limit.Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_long_row_takes_as_long_as_it_is()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var reader = new DumpReader(new Pieces("COPY t FROM stdin;\n" + new string('x', Megabytes << 20) + "\n\\.\n"), dropCarriageReturns: false);
        await reader.ReadAsync(limit.Token);
        var length = 0L;
        await reader.ReadRowsAsync((rows, _) =>
        {
            length += rows.Length;
            return ValueTask.CompletedTask;
        }, limit.Token);
        length.ShouldBe((Megabytes << 20) + 1);
    }

    [Theory]
    [InlineData("select 'x")]
    [InlineData("select 1 /* x")]
    [InlineData("/* x")]
    public async Task What_does_not_end_is_incomplete(string text)
        => (await Should.ThrowAsync<RestoreException>(
            async () => await new DumpReader(new Pieces(text), dropCarriageReturns: false).ReadAsync(CancellationToken.None)))
            .Message.ShouldContain("incomplete");

    /// <summary>A text that comes in small pieces, as from a pipe.</summary>
    sealed class Pieces(string text) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return base.ReadAsync(buffer[..Math.Min(buffer.Length, 4096)], cancellationToken);
        }
    }
}
