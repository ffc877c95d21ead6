using TeslaMate.Logbook.Releases;

namespace TeslaMate.Tests.Web;

sealed class FakeReleases : IReleases
{
    public string? Newer { get; set; }

    public Uri? Page { get; set; }
}
