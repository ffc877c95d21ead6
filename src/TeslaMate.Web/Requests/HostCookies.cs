using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TeslaMate.Web.Requests;

/// <summary>
/// Over https our cookies are named <c>__Host-…</c>, which browsers take only from this very host, by https and for all paths: no neighbour below
/// the same domain can plant one. Over plain http, where that name is refused, they keep their plain names. What reads and writes cookies knows the
/// plain names only.
/// </summary>
sealed class HostCookies(RequestDelegate next)
{
    const string Prefix = "__Host-";
    const string Own = "_teslamate";

    public Task InvokeAsync(HttpContext http)
    {
        if (http.Request.IsHttps)
        {
            http.Features.Set<IRequestCookiesFeature>(new RequestCookiesFeature(new Read(http.Request.Cookies)));
            http.Features.Set<IResponseCookiesFeature>(new Written(http.Response.Cookies));
        }

        return next(http);
    }

    static bool IsOwn(string name) => name.StartsWith(Own, StringComparison.Ordinal);

    static string Sent(string name) => IsOwn(name) ? Prefix + name : name;

    sealed class Read(IRequestCookieCollection sent) : IRequestCookieCollection
    {
        public string? this[string key] => sent[Sent(key)];

        public int Count => Keys.Count;

        public ICollection<string> Keys
            => [.. sent.Keys.Where(name => !IsOwn(name))
                .Select(name => name.StartsWith(Prefix + Own, StringComparison.Ordinal) ? name[Prefix.Length..] : name)];

        public bool ContainsKey(string key) => sent.ContainsKey(Sent(key));

        public bool TryGetValue(string key, [NotNullWhen(true)] out string? value) => sent.TryGetValue(Sent(key), out value);

        public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
            => Keys.Select(name => KeyValuePair.Create(name, this[name] ?? "")).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    sealed class Written(IResponseCookies cookies) : IResponseCookiesFeature, IResponseCookies
    {
        public IResponseCookies Cookies => this;

        public void Append(string key, string value) => cookies.Append(Sent(key), value, Options(key, new CookieOptions()));

        public void Append(string key, string value, CookieOptions options) => cookies.Append(Sent(key), value, Options(key, options));

        public void Delete(string key) => cookies.Delete(Sent(key), Options(key, new CookieOptions()));

        public void Delete(string key, CookieOptions options) => cookies.Delete(Sent(key), Options(key, options));

        // What the name promises.
        static CookieOptions Options(string key, CookieOptions options)
            => IsOwn(key) ? new CookieOptions(options) { Secure = true, Path = "/", Domain = null } : options;
    }
}
