using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TeslaMate.Telemetry.Configuring;

namespace TeslaMate.Tests.Telemetry.Configuring;

public class SignatureTests
{
    // The public key of the vectors: 03 followed by 31 zero bytes.
    static readonly byte[] Secret = [3, .. new byte[31]];

    [Fact]
    public void A_message_has_the_signature_of_Teslas_own_library()
    {
        using var key = KeyOf(Secret);

        Convert.ToHexStringLower(TelemetrySignature.Sign(key, "hello world"u8)).ShouldBe(
            "7cfdbeb5baa730540401550bdefa20976453e8539ae4b2f26ce33125801a08f9"
            + "0ed20c3d846497ff82cc9772e3db4703982f47bd0b0b89dfb9a49cd2e5240546"
            + "02b1e05fbf95f5686faea7a5809eb92f5ecc22eae74ceccc5e2a65dd67ff20fc");
    }

    [Fact]
    public void The_nonce_is_that_of_RFC_6979()
    {
        // A.2.5, P-256 with SHA-256, message "sample".
        var secret = Convert.FromHexString("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");

        Convert.ToHexString(TelemetrySignature.Nonce(secret, SHA256.HashData("sample"u8)))
            .ShouldBe("A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60");
    }

    [Fact]
    public void A_token_is_signed_over_its_claims()
    {
        using var key = KeyOf(Secret);
        var configuration = new Dictionary<string, JsonElement>
        {
            ["hostname"] = JsonSerializer.SerializeToElement("t.example.org"),
            ["port"] = JsonSerializer.SerializeToElement(4443),
            ["fields"] = JsonSerializer.SerializeToElement(new { Gear = new { interval_seconds = 1 } }),
        };

        var parts = TelemetrySignature.Token(key, configuration).Split('.');

        Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0])).ShouldBe("""{"alg":"Tesla.SS256","typ":"JWT"}""");
        Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])).ShouldBe(
            """{"aud":"com.tesla.fleet.TelemetryClient","fields":{"Gear":{"interval_seconds":1}},"hostname":"t.example.org","""
            + "\"iss\":\"BGRv9/ZbO1vTQpz7KudQDukidYu654YL4It655K0p7UGvBEqnQZKGKVaYeMxgEqP6Ekt/E/AjmmVyXnBJSs2+UY=\",\"port\":4443}");
        parts[2].ShouldBe(
            "J3fd2MKkzMKvN5RxcIiNNcgEidW_SJNJsKeRO5xGLygxtmvzOU-XpFs_CCuyNkqO1O2NMJcwHAp_ZfbrqcEtnwuw16KDSe2yVaHKqswI0Wcz4jbDOEvjjwkc-a8GPYz1");
    }

    [Fact]
    public void A_key_on_another_curve_is_refused_by_its_name()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Should.Throw<CryptographicException>(() => TelemetrySignature.Key(other.ExportECPrivateKeyPem())).Message.ShouldContain("384");
        Should.Throw<CryptographicException>(() => TelemetrySignature.Key("nothing"));
    }

    [Fact]
    public void The_key_pair_is_made_once()
    {
        var folder = Directory.CreateTempSubdirectory("telemetry-keys-").FullName;
        var file = Path.Combine(folder, "app.key");

        var first = TelemetryFiles.MakeKeys(file);
        TelemetryFiles.MakeKeys(file).ShouldBe(first);
        first.ShouldStartWith("-----BEGIN PUBLIC KEY-----");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_renewed_certificate_has_the_same_authority()
    {
        var folder = Directory.CreateTempSubdirectory("telemetry-certificate-").FullName;
        TelemetryFiles.MakeCertificate("t.example.org", folder, DateTimeOffset.UtcNow);
        var authority = File.ReadAllText(TelemetryFiles.AuthorityFile(folder));
        var first = File.ReadAllText(TelemetryFiles.CertificateFile(folder));
        TelemetryFiles.MakeCertificate("t.example.org", folder, DateTimeOffset.UtcNow);

        File.ReadAllText(TelemetryFiles.AuthorityFile(folder)).ShouldBe(authority);
        File.ReadAllText(TelemetryFiles.CertificateFile(folder)).ShouldNotBe(first);
        using var chain = new System.Security.Cryptography.X509Certificates.X509Chain();
        chain.ChainPolicy.TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(authority);
        using var leaf = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(
            File.ReadAllText(TelemetryFiles.CertificateFile(folder)));
        chain.Build(leaf).ShouldBeTrue();
        leaf.MatchesHostname("t.example.org").ShouldBeTrue();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("standard", 2, 5)]
    [InlineData("full", 1, 2)]
    [InlineData("small", 10, 20)]
    public void A_profile_has_its_intervals(string profile, int interval, double delta)
    {
        var fields = TelemetryProfile.Fields(profile);

        fields.Count.ShouldBe(80);
        fields["Location"]!["interval_seconds"]!.GetValue<int>().ShouldBe(interval);
        fields["Location"]!["minimum_delta"]!.GetValue<double>().ShouldBe(delta);
        TelemetryProfile.Fields(profile, new Version(2024, 44, 31))["Location"]!.AsObject().ContainsKey("minimum_delta").ShouldBeFalse();
        fields.Select(field => TeslaMate.Telemetry.Records.FieldNames.NumberOf(field.Key)).ShouldAllBe(number => number != null);
        TelemetryProfile.Configuration(profile, "t.example.org", 4443, "PEM")["port"].ValueKind.ShouldBe(JsonValueKind.Number);
    }

    static ECDsa KeyOf(byte[] secret) => ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });
}
