using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace TeslaMate.Web.Assets;

/// <summary>The embedded files below <c>/assets</c> and the icons at the root, with their compressed twins (spec web 1.7).</summary>
public sealed class AssetFiles
{
    const string Root = "wwwroot/";

    static readonly (string Encoding, string Suffix)[] Encodings = [("br", ".br"), ("gzip", ".gz")];

    readonly FrozenDictionary<string, AssetFile> _files = Load();

    /// <summary>
    /// The address of a file with the mark of its content, such as <c>/assets/app.css?v=4f1c…&amp;vsn=d</c>; it may be kept for ever.
    /// </summary>
    public string Address(string path) => _files.TryGetValue(path, out var file) ? $"{path}?v={file.Mark}&vsn=d" : path;

    /// <summary>Answers a request for a file; false when there is none of that name.</summary>
    internal async Task<bool> TryServeAsync(HttpContext http)
    {
        if (!(HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))
            || http.Request.Path.Value is not { } path || !_files.TryGetValue(path, out var file))
            return false;
        var headers = http.Response.Headers;
        headers.CacheControl = http.Request.Query["vsn"] == "d" ? "public, max-age=31536000, immutable" : "public";
        var etag = new EntityTagHeaderValue($"\"{file.Mark}\"");
        headers.ETag = etag.ToString();
        if (file.Twins.Count > 0)
            headers.Vary = HeaderNames.AcceptEncoding;
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(etag, useStrongComparison: false)))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return true;
        }

        var content = file.Content;
        var accepted = http.Request.GetTypedHeaders().AcceptEncoding;
        foreach (var (encoding, twin) in file.Twins)
        {
            if (!accepted.Any(wish => wish.Value == encoding && wish.Quality is null or > 0))
                continue;
            headers.ContentEncoding = encoding;
            content = twin;
            break;
        }

        http.Response.ContentType = file.ContentType;
        http.Response.ContentLength = content.Length;
        await http.Response.Body.WriteAsync(content, http.RequestAborted);
        return true;
    }

    /// <summary>Bytes that a browser which accepts brotli loads for this file.</summary>
    internal int Weight(string path) => _files[path].Twins.Select(twin => twin.Content.Length).DefaultIfEmpty(_files[path].Content.Length).First();

    static FrozenDictionary<string, AssetFile> Load()
    {
        var assembly = typeof(AssetFiles).Assembly;
        var names = assembly.GetManifestResourceNames().Where(name => name.StartsWith(Root, StringComparison.Ordinal)).ToHashSet();
        return names.Where(name => !Encodings.Any(encoding => name.EndsWith(encoding.Suffix, StringComparison.Ordinal)))
            .ToFrozenDictionary(name => "/" + name[Root.Length..].Replace('\\', '/'), name =>
            {
                var content = Read(name);
                var twins = Encodings.Where(encoding => names.Contains(name + encoding.Suffix))
                    .Select(encoding => (encoding.Encoding, Read(name + encoding.Suffix)));
                return new AssetFile(content, [.. twins], ContentType(name), Convert.ToHexStringLower(SHA256.HashData(content))[..16]);
            }, StringComparer.Ordinal);

        byte[] Read(string name)
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            return memory.ToArray();
        }
    }

    static string ContentType(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".ico" => "image/x-icon",
        ".webmanifest" => "application/manifest+json",
        ".xml" => "application/xml; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };

    sealed record AssetFile(byte[] Content, IReadOnlyList<(string Encoding, byte[] Content)> Twins, string ContentType, string Mark);
}
