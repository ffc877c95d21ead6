using System.Text;
using TeslaMate.Database.Encryption;

namespace TeslaMate.Tests.Database.Encryption;

public sealed class TokenCipherTests
{
    [Theory]
    [InlineData("secret", "000102030405060708090a0b", "some access token",
        "010a4145532e47434d2e5631000102030405060708090a0b6d34fa61f03f6fd2146bfcd02fe3de79dab9c9ee49a206e2a4270dbf72332e5805")]
    [InlineData("123456789", "a5a5a5a5a5a5a5a5a5a5a5a5", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        "010a4145532e47434d2e5631a5a5a5a5a5a5a5a5a5a5a5a5ac560a4da2ed645d001607ce25342a2260598ca51b66bcb37395c1a25912c1adfdc23e477e6afedbf279dea585")]
    [InlineData("ключ", "000000000000000000000000", "", "010a4145532e47434d2e563100000000000000000000000059985be4ea42e45a17c52ef614970385")]
    [InlineData("", "000000000000000000000000", "x", "010a4145532e47434d2e5631000000000000000000000000c95827040892a948b7dcd630f70cc27d71")]
    [InlineData("secret", "000102030405060708090a0b", "refresh-token-1",
        "010a4145532e47434d2e5631000102030405060708090a0b47125a2c380f2c86f7016f09811d4190dbb3c2f90cb00dacb53b15fa687174")]
    public void Stored_bytes_are_those_of_the_reference(string key, string iv, string text, string stored)
    {
        var cipher = new TokenCipher(Encoding.UTF8.GetBytes(key), () => Convert.FromHexString(iv));
        Convert.ToHexStringLower(cipher.Encrypt(text)).ShouldBe(stored);
        cipher.Decrypt(Convert.FromHexString(stored)).ShouldBe(new Decryption.Plain(text));
    }

    [Fact]
    public void A_token_is_encrypted_differently_each_time()
    {
        var cipher = new TokenCipher("secret"u8);
        cipher.Encrypt("token").ShouldNotBe(cipher.Encrypt("token"));
    }

    [Theory]
    [InlineData(0, 0x42, true)]
    [InlineData(1, 0x0b, false)]
    [InlineData(5, 0x00, false)]
    public void The_header_is_checked_but_for_its_first_byte(int offset, byte value, bool readable)
    {
        var cipher = new TokenCipher("secret"u8);
        var stored = cipher.Encrypt("token");
        stored[offset] = value;
        cipher.Decrypt(stored).ShouldBe(readable ? new Decryption.Plain("token") : new Decryption.UnknownFormat());
    }

    [Theory]
    [InlineData(12)]
    [InlineData(24)]
    [InlineData(40)]
    public void A_byte_changed_after_the_header_is_a_wrong_key(int offset)
    {
        var cipher = new TokenCipher("secret"u8);
        var stored = cipher.Encrypt("token");
        stored[offset] ^= 1;
        cipher.Decrypt(stored).ShouldBe(new Decryption.WrongKey());
    }

    [Fact]
    public void Another_key_does_not_open_it()
        => new TokenCipher("other"u8).Decrypt(new TokenCipher("secret"u8).Encrypt("token")).ShouldBe(new Decryption.WrongKey());

    [Fact]
    public void Fewer_than_forty_bytes_are_of_unknown_format()
        => new TokenCipher("secret"u8).Decrypt(new TokenCipher("secret"u8).Encrypt("").AsSpan(0, 39)).ShouldBe(new Decryption.UnknownFormat());
}
