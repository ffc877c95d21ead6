using TeslaMate.Configuration;
using TeslaMate.Logging;

namespace TeslaMate.Tests.Host;

public sealed class SecretRedactorTests
{
    readonly SecretRedactor _strike = new([new Secret("hunter2"), new Secret("hunter2+more/é"), new Secret("abc")]);

    [Theory]
    [InlineData("login hunter2 failed", "login *** failed")]
    [InlineData("Password=hunter2+more/é;", "Password=***;")]
    [InlineData("?token=hunter2%2Bmore%2F%C3%A9&x", "?token=***&x")]
    [InlineData("aHVudGVyMg==", "***")]
    [InlineData("abc is too short to be told from a word", "abc is too short to be told from a word")]
    [InlineData("authorization: Bearer abcdefgh-ijk.l", "authorization: Bearer ***")]
    [InlineData("got eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2F1dGgifQ.c2lnbmF0dXJl ok", "got *** ok")]
    public void Known_secrets_and_tokens_are_struck(string text, string expected) => _strike.Apply(text).ShouldBe(expected);
}
