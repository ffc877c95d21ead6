using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Database.Encryption;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// The key ring of Data Protection, which the tokens of forms are made with: rows of <c>teslamate.web_keys</c>, each secret encrypted with
/// <c>ENCRYPTION_KEY</c> or, without one, <c>SECRET_KEY_BASE</c>. So open forms outlive a restart, and several instances share their keys. Where
/// neither is set, the keys live as long as the process: a database that is read by others must not hold them in clear. A row that another key
/// encrypted is passed over, and a new one takes its place.
/// </summary>
sealed class KeyRing(TokenCipher? cipher, NpgsqlDataSource database, ILoggerFactory loggers, TimeProvider time) : IKeyManager
{
    const int SecretBytes = 64;

    static readonly TimeSpan Together = TimeSpan.FromSeconds(10);
    static readonly TimeSpan Remembered = TimeSpan.FromDays(90);

    readonly AuthenticatedEncryptorConfiguration _algorithm = new() { EncryptionAlgorithm = EncryptionAlgorithm.AES_256_GCM };
    readonly AuthenticatedEncryptorFactory _encryptors = new(loggers);
    readonly List<RingKey> _ofThisRun = [];

    /// <summary>What the ring's secrets are encrypted with; null where nothing outlives the process.</summary>
    public static TokenCipher? CipherFor(WebSettings settings, EncryptionKey? key)
        => key is { Origin: not KeyOrigin.Generated } ? key.Cipher
            : settings.SecretKeyBase is { } secret ? new TokenCipher(Encoding.UTF8.GetBytes(secret.Reveal()))
            : null;

    // The framework calls these without await, at the start and when a key is due; the driver has real synchronous calls for that.

    public IKey CreateNewKey(DateTimeOffset activationDate, DateTimeOffset expirationDate)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var key = Key(Guid.NewGuid(), time.GetUtcNow(), activationDate, expirationDate, secret);
        if (cipher is null)
        {
            lock (_ofThisRun)
                _ofThisRun.Add(key);
            return key;
        }

        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction();
        using (var wait = new NpgsqlCommand("lock table teslamate.web_keys in exclusive mode", connection))
            wait.ExecuteNonQuery();
        // Instances that start together take the key of the first.
        if (Stored(connection, cipher).Any(other => other.CreationDate > key.CreationDate - Together && other.ActivationDate <= activationDate))
            return key;
        using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("insert into teslamate.web_keys (id, created_at, activates_at, expires_at, secret) values ($1, $2, $3, $4, "
                    + "$5)")
                {
                    Parameters =
                    {
                        Value.Of(key.KeyId),
                        Value.Of(key.CreationDate),
                        Value.Of(activationDate),
                        Value.Of(expirationDate),
                        Value.Of(cipher.Encrypt(Convert.ToBase64String(secret))),
                    },
                },
                new NpgsqlBatchCommand("delete from teslamate.web_keys where expires_at < $1") {
                    Parameters = { Value.Of(key.CreationDate - Remembered) } },
            },
        };
        batch.ExecuteNonQuery();
        transaction.Commit();
        return key;
    }

    public IReadOnlyCollection<IKey> GetAllKeys()
    {
        if (cipher is null)
        {
            lock (_ofThisRun)
                return [.. _ofThisRun];
        }

        using var connection = database.OpenConnection();
        return Stored(connection, cipher);
    }

    public CancellationToken GetCacheExpirationToken() => CancellationToken.None;

    public void RevokeKey(Guid keyId, string? reason = null)
        => Execute("delete from teslamate.web_keys where id = $1", Value.Of(keyId));

    public void RevokeAllKeys(DateTimeOffset revocationDate, string? reason = null)
        => Execute("delete from teslamate.web_keys where created_at <= $1", Value.Of(revocationDate));

    List<RingKey> Stored(NpgsqlConnection connection, TokenCipher cipher)
    {
        using var command = new NpgsqlCommand("select id, created_at, activates_at, expires_at, secret from teslamate.web_keys order by "
            + "activates_at, id", connection);
        using var reader = command.ExecuteReader();
        var keys = new List<RingKey>();
        while (reader.Read())
        {
            if (cipher.Decrypt(reader.GetFieldValue<byte[]>(4)) is Decryption.Plain(var text) && SecretOf(text) is { } secret)
                keys.Add(Key(reader.GetGuid(0), reader.GetInstant(1), reader.GetInstant(2), reader.GetInstant(3), secret));
        }

        return keys;
    }

    static byte[]? SecretOf(string text)
    {
        var secret = new byte[SecretBytes];
        return Convert.TryFromBase64String(text, secret, out var length) && length == SecretBytes ? secret : null;
    }

    RingKey Key(Guid id, DateTimeOffset created, DateTimeOffset activates, DateTimeOffset expires, byte[] secret)
        => new(id, created, activates, expires,
            new AuthenticatedEncryptorDescriptor(_algorithm, new Microsoft.AspNetCore.DataProtection.Secret(secret)), _encryptors);

    void Execute(string sql, NpgsqlParameter parameter)
    {
        using var command = database.CreateCommand(sql);
        command.Parameters.Add(parameter);
        command.ExecuteNonQuery();
    }

    sealed class RingKey(
        Guid id, DateTimeOffset created, DateTimeOffset activates, DateTimeOffset expires, AuthenticatedEncryptorDescriptor descriptor,
        AuthenticatedEncryptorFactory encryptors) : IKey
    {
        public DateTimeOffset ActivationDate => activates;

        public DateTimeOffset CreationDate => created;

        public DateTimeOffset ExpirationDate => expires;

        public bool IsRevoked => false;

        public Guid KeyId => id;

        public IAuthenticatedEncryptorDescriptor Descriptor => descriptor;

        public IAuthenticatedEncryptor? CreateEncryptor() => encryptors.CreateEncryptorInstance(this);
    }
}
