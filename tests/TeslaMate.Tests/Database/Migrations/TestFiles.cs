using System.IO.Compression;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>The files in <c>testdata</c> beside these tests.</summary>
static class TestFiles
{
    public static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "Database", "Migrations", "testdata", name);

    public static string Text(string name) => File.ReadAllText(Path(name));

    public static string[] Lines(string name) => File.ReadAllLines(Path(name));

    public static string Unzipped(string name)
    {
        using var file = new StreamReader(new GZipStream(File.OpenRead(Path(name)), CompressionMode.Decompress));
        return file.ReadToEnd();
    }
}
