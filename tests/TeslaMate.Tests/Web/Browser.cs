using System.Net;
using System.Net.Http.Headers;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace TeslaMate.Tests.Web;

/// <summary>A visitor without script: keeps cookies, follows no redirect, sends forms with the token of the page they are on.</summary>
/// <param name="address">Where the pages are.</param>
/// <param name="prefix">What a proxy on the way takes off every path; it knows no other paths.</param>
sealed class Browser(Uri address, string prefix = "") : IDisposable
{
    readonly HttpClient _http = new(new StrippingProxy(prefix)) { BaseAddress = address };

    public HttpRequestHeaders Headers => _http.DefaultRequestHeaders;

    public async Task<HttpResponseMessage> GetAsync(string path) => await _http.GetAsync(path);

    public async Task<IHtmlDocument> PageAsync(string path)
    {
        using var response = await _http.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return await ParseAsync(response);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => await _http.SendAsync(request);

    /// <summary>As <see cref="SendAsync"/>, but without waiting for the end of the answer.</summary>
    public async Task<HttpResponseMessage> StreamAsync(HttpRequestMessage request)
        => await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

    /// <summary>Sends the fields to <paramref name="path"/> with the token of the page at <paramref name="from"/>.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, string from, params (string Name, string Value)[] fields)
    {
        var page = await PageAsync(from);
        return await PostWithAsync(TokenOf(page), path, fields);
    }

    public async Task<HttpResponseMessage> PostWithAsync(string? token, string path, IEnumerable<(string Name, string Value)> fields)
    {
        var all = fields.Select(field => KeyValuePair.Create(field.Name, field.Value));
        if (token is not null)
            all = all.Append(KeyValuePair.Create("_csrf_token", token));
        return await _http.PostAsync(path, new FormUrlEncodedContent(all));
    }

    public static string TokenOf(IHtmlDocument page) => page.QuerySelector("meta[name=csrf-token]")!.GetAttribute("content")!;

    public static async Task<IHtmlDocument> ParseAsync(HttpResponseMessage response)
        => new HtmlParser().ParseDocument(await response.Content.ReadAsStringAsync());

    public void Dispose() => _http.Dispose();

    sealed class StrippingProxy(string prefix)
        : DelegatingHandler(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() })
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (!request.RequestUri!.AbsolutePath.StartsWith($"{prefix}/", StringComparison.Ordinal))
                return Task.FromResult(new HttpResponseMessage(HttpStatusCode.BadGateway));
            request.RequestUri = new Uri(request.RequestUri, request.RequestUri.PathAndQuery[prefix.Length..]);
            return base.SendAsync(request, cancellationToken);
        }
    }
}

static class Documents
{
    extension(IParentNode node)
    {
        /// <summary>The text of the first element that fits, with single blanks; null when there is none.</summary>
        public string? Text(string selector) => node.QuerySelector(selector)?.TextContent is { } text ? Clean(text) : null;

        /// <summary>What a field or select holds; fails when there is none.</summary>
        public string Value(string selector) => node.QuerySelector(selector) switch
        {
            IHtmlSelectElement select => select.Value ?? "",
            IHtmlInputElement input => input.Value,
            var other => throw new ShouldAssertException($"{selector} is no field but {other}"),
        };

        /// <summary>The figure of that name among the facts of a page, with its unit.</summary>
        public string Fact(string label) => FactOf(node, label).QuerySelector("dd")!.FirstChild!.TextContent.Trim();

        /// <summary>What stands below it; null where nothing does.</summary>
        public string? FactNote(string label) => FactOf(node, label).QuerySelector(".cell-note")?.TextContent;

        public IReadOnlyList<string> Texts(string selector) => [.. node.QuerySelectorAll(selector).Select(element => Clean(element.TextContent))];
    }

    static IElement FactOf(IParentNode node, string label)
        => node.QuerySelectorAll("dl.facts > div").First(fact => fact.QuerySelector("dt")!.TextContent == label);

    static string Clean(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
