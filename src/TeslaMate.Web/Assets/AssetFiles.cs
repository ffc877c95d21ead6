using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace TeslaMate.Web.Assets;

/// <summary>The embedded files below <c>/assets</c> and the icons at the root, with their compressed twins (spec web 1.7).</summary>
/// <remarks>
/// <c>MapStaticAssets</c> is not used. Its log-in and caching can be made to follow web 1.7 (<c>ShortCircuit</c>, a convention over its endpoints),
/// but it needs a folder and a manifest beside the program, and one that was not published needs a second manifest that leads to the sources. Tried
/// in a program of 180 routes and nothing else, medians of 11 to 15 by turns on a busy machine, processor time until the first page: for the .NET
/// runtime 492 ms with this class, 512 ms with 56 endpoints for these 24 files, 536 ms with a fingerprint in each name (176); natively 80, 80 and
/// 87 ms. The heap grew by 0.3 MB and 1.3 MB. In this program it was not measured.
/// </remarks>
public sealed class AssetFiles
{
    const string Root = "wwwroot/";

    static readonly (string Encoding, string Suffix)[] Encodings = [("br", ".br"), ("gzip", ".gz")];

    readonly Dictionary<string, AssetFile> _files = Find();

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

        var resource = file.Resource;
        var accepted = http.Request.GetTypedHeaders().AcceptEncoding;
        foreach (var (encoding, twin) in file.Twins)
        {
            if (!accepted.Any(wish => wish.Value == encoding && wish.Quality is null or > 0))
                continue;
            headers.ContentEncoding = encoding;
            resource = twin;
            break;
        }

        http.Response.ContentType = file.ContentType;
        await using var content = Open(resource);
        http.Response.ContentLength = content.Length;
        await content.CopyToAsync(http.Response.Body, http.RequestAborted);
        return true;
    }

    /// <summary>By their paths. No file is read for that; what is asked for is sent from where the assembly lies in memory.</summary>
    static Dictionary<string, AssetFile> Find()
    {
        var names = typeof(AssetFiles).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Root, StringComparison.Ordinal)).ToHashSet();
        return names.Where(name => !Encodings.Any(encoding => name.EndsWith(encoding.Suffix, StringComparison.Ordinal)))
            .ToDictionary(name => "/" + name[Root.Length..].Replace('\\', '/'), name => new AssetFile(name,
                [.. Encodings.Select(encoding => (encoding.Encoding, name + encoding.Suffix)).Where(twin => names.Contains(twin.Item2))],
                ContentType(name)), StringComparer.Ordinal);
    }

    static Stream Open(string resource) => typeof(AssetFiles).Assembly.GetManifestResourceStream(resource)!;

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

    /// <param name="Resource">The file's name among the embedded ones.</param>
    /// <param name="Twins">Its compressed forms, the better one first.</param>
    sealed record AssetFile(string Resource, IReadOnlyList<(string Encoding, string Resource)> Twins, string ContentType)
    {
        readonly Lazy<string> _mark = new(() =>
        {
            using var content = Open(Resource);
            return Convert.ToHexStringLower(SHA256.HashData(content))[..16];
        });

        /// <summary>Stands for the content.</summary>
        public string Mark => _mark.Value;
    }
}
