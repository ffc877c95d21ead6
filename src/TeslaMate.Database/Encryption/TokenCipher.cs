using System.Security.Cryptography;
using System.Text;

namespace TeslaMate.Database.Encryption;

/// <summary>What came out of an encrypted column.</summary>
public abstract record Decryption
{
    Decryption() { }

    public sealed record Plain(string Text) : Decryption
    {
        /// <summary>The text is a token; it is not shown.</summary>
        public override string ToString() => "Plain(***)";
    }

    /// <summary>The bytes were not written by this cipher.</summary>
    public sealed record UnknownFormat : Decryption;

    /// <summary>Written by this cipher, but with another key, or changed since.</summary>
    public sealed record WrongKey : Decryption;
}

/// <summary>
/// Tesla's tokens at rest, byte for byte as the reference stores them (spec tesla-api 8): AES-256-GCM with the SHA-256 of the key text as key, and
/// in a column byte 01, byte 0A, <c>AES.GCM.V1</c>, 12 bytes IV, 16 bytes tag, ciphertext.
/// </summary>
public sealed class TokenCipher
{
    const int HeaderLength = 12;
    const int IvLength = 12;
    const int TagLength = 16;
    const int PrefixLength = HeaderLength + IvLength + TagLength;

    readonly byte[] _key;
    readonly Func<byte[]> _newIv;

    /// <param name="keyText">The key's text as bytes, not trimmed.</param>
    public TokenCipher(ReadOnlySpan<byte> keyText)
        : this(keyText, () => RandomNumberGenerator.GetBytes(IvLength))
    {
    }

    internal TokenCipher(ReadOnlySpan<byte> keyText, Func<byte[]> newIv)
    {
        _key = SHA256.HashData(keyText);
        _newIv = newIv;
    }

    static ReadOnlySpan<byte> Header => "\u0001\u000aAES.GCM.V1"u8;

    static ReadOnlySpan<byte> AssociatedData => "AES256GCM"u8;

    /// <summary>The column's bytes for <paramref name="text"/>: 40 more than it has in UTF-8, different each time.</summary>
    public byte[] Encrypt(string text)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var stored = new byte[PrefixLength + plain.Length];
        Header.CopyTo(stored);
        var iv = stored.AsSpan(HeaderLength, IvLength);
        _newIv().CopyTo(iv);
        using var aes = new AesGcm(_key, TagLength);
        aes.Encrypt(iv, plain, stored.AsSpan(PrefixLength), stored.AsSpan(HeaderLength + IvLength, TagLength), AssociatedData);
        return stored;
    }

    public Decryption Decrypt(ReadOnlySpan<byte> stored)
    {
        // The first byte is not looked at, as the reference does not.
        if (stored.Length < PrefixLength || !stored[1..HeaderLength].SequenceEqual(Header[1..]))
            return new Decryption.UnknownFormat();
        var plain = new byte[stored.Length - PrefixLength];
        using var aes = new AesGcm(_key, TagLength);
        try
        {
            aes.Decrypt(stored.Slice(HeaderLength, IvLength), stored[PrefixLength..], stored.Slice(HeaderLength + IvLength, TagLength), plain,
                AssociatedData);
        }
        catch (AuthenticationTagMismatchException)
        {
            return new Decryption.WrongKey();
        }

        return new Decryption.Plain(Encoding.UTF8.GetString(plain));
    }
}
