using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TeslaMate.Telemetry.Configuring;

/// <summary>
/// Signs a car's configuration (spec fleet-telemetry 2.3): a JWS whose signature is Schnorr's on P-256 with SHA-256. The curve's arithmetic is the
/// library's: a key of which only the scalar is given gets its point there.
/// </summary>
static class TelemetrySignature
{
    const string Header = """{"alg":"Tesla.SS256","typ":"JWT"}""";

    static readonly BigInteger Order = Whole(Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"));

    static readonly byte[] Generator = Convert.FromHexString(
        "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C2964FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5");

    /// <summary>The whole token for claims; <c>iss</c> is added.</summary>
    /// <param name="audience">All cars, or one.</param>
    public static string Token(ECDsa key, IReadOnlyDictionary<string, JsonElement> configuration, string audience = "com.tesla.fleet.TelemetryClient")
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream,
            new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            foreach (var (name, value) in configuration.Append(Claim("aud", audience)).Append(Claim("iss", Issuer(key))).OrderBy(member => member.Key,
                StringComparer.Ordinal))
            {
                json.WritePropertyName(name);
                value.WriteTo(json);
            }

            json.WriteEndObject();
        }

        var message = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Header))}.{Base64Url.EncodeToString(stream.ToArray())}";
        return $"{message}.{Base64Url.EncodeToString(Sign(key, Encoding.ASCII.GetBytes(message)))}";
    }

    /// <summary>The public point as Tesla names an issuer.</summary>
    public static string Issuer(ECDsa key) => Convert.ToBase64String(Point(Parameters(key)));

    /// <summary>The 96 bytes of a signature: the nonce's point without its prefix, then the answer.</summary>
    public static byte[] Sign(ECDsa key, ReadOnlySpan<byte> message)
    {
        var parameters = Parameters(key);
        var secret = parameters.D ?? throw new CryptographicException("The key has no private part.");
        var nonce = Nonce(secret, SHA256.HashData(message));
        var point = Point(PublicOf(nonce));
        var challenge = Challenge(point, Point(parameters), message);
        var answer = ((Whole(nonce) - (Whole(secret) * challenge % Order)) % Order + Order) % Order;
        return [.. point[1..], .. Bytes(answer)];
    }

    /// <summary>The deterministic nonce of RFC 6979 with HMAC-SHA-256.</summary>
    public static byte[] Nonce(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> hash)
    {
        byte[] message = Bytes(Whole(hash) % Order);
        byte[] v = [.. Enumerable.Repeat((byte)1, 32)];
        var k = new byte[32];
        k = HMACSHA256.HashData(k, (byte[])[.. v, 0, .. secret, .. message]);
        v = HMACSHA256.HashData(k, v);
        k = HMACSHA256.HashData(k, (byte[])[.. v, 1, .. secret, .. message]);
        v = HMACSHA256.HashData(k, v);
        while (true)
        {
            v = HMACSHA256.HashData(k, v);
            var candidate = Whole(v);
            if (candidate > 0 && candidate < Order)
                return v;
            k = HMACSHA256.HashData(k, (byte[])[.. v, 0]);
            v = HMACSHA256.HashData(k, v);
        }
    }

    /// <summary>A key of the one curve that Tesla takes.</summary>
    /// <exception cref="CryptographicException">It is no private key, or one on another curve.</exception>
    public static ECDsa Key(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            if (!pem.Contains("PRIVATE KEY", StringComparison.Ordinal))
                throw new CryptographicException("The file holds only the public half.");
            var curve = key.ExportParameters(false).Curve.Oid;
            if (curve.Value != "1.2.840.10045.3.1.7" && curve.FriendlyName is not ("nistP256" or "ECDSA_P256"))
                throw new CryptographicException($"The key is on the curve {curve.FriendlyName ?? curve.Value}; Tesla takes prime256v1 only.");
            return key;
        }
        catch (ArgumentException exception)
        {
            key.Dispose();
            throw new CryptographicException(pem.Contains("ENCRYPTED", StringComparison.Ordinal)
                ? "The file holds an encrypted key, and nobody could enter its passphrase." : "The file holds no private key.", exception);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    static BigInteger Challenge(byte[] nonce, byte[] issuer, ReadOnlySpan<byte> message)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Generator);
        Append(hash, nonce);
        Append(hash, issuer);
        Append(hash, message);
        return Whole(hash.GetHashAndReset()) % Order;
    }

    static void Append(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    static ECParameters PublicOf(byte[] secret)
    {
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });
        return key.ExportParameters(false);
    }

    static ECParameters Parameters(ECDsa key) => key.ExportParameters(true);

    static byte[] Point(ECParameters parameters) => [4, .. parameters.Q.X!, .. parameters.Q.Y!];

    static BigInteger Whole(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    static byte[] Bytes(BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return bytes.Length < 32 ? [.. new byte[32 - bytes.Length], .. bytes] : bytes;
    }

    static KeyValuePair<string, JsonElement> Claim(string name, string value)
        => KeyValuePair.Create(name, JsonElement.Parse(JsonValue.Create(value).ToJsonString()));
}
