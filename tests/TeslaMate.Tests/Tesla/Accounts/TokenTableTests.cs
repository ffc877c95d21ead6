using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Tesla.Accounts;

public sealed class TokenTableTests : IAsyncLifetime
{
    TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await Schema.CreateDatabaseAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Saving_twice_leaves_one_row_with_the_second_pair()
    {
        var table = Table("secret");
        (await table.ReadAsync(default)).ShouldBeOfType<StoredTokens.None>();
        var first = await table.SaveAsync(Samples.Pair("a1", "r1"), default);
        var second = await table.SaveAsync(Samples.Pair("a2", "r2"), default);
        first.ShouldNotBe(second);
        (await table.ReadAsync(default)).ShouldBe(new StoredTokens.Pair(Samples.Pair("a2", "r2"), second));
        (await _database.ScalarAsync<long>("select count(*) from private.tokens where updated_at = '2026-01-01 00:00:00'")).ShouldBe(1);
    }

    [Fact]
    public async Task What_the_reference_stored_is_read()
    {
        await _database.ExecuteAsync("""
            insert into private.tokens (access, refresh, inserted_at, updated_at) values (
                '\x010a4145532e47434d2e5631000102030405060708090a0b6d34fa61f03f6fd2146bfcd02fe3de79dab9c9ee49a206e2a4270dbf72332e5805',
                '\x010a4145532e47434d2e5631000102030405060708090a0b6d34fa61f03f6fd2146bfcd02fe3de79dab9c9ee49a206e2a4270dbf72332e5805', now(), now())
            """);
        (await Table("secret").ReadAsync(default)).ShouldBeOfType<StoredTokens.Pair>().Tokens.ShouldBe(
            Samples.Pair("some access token", "some access token"));
        (await Table("another").ReadAsync(default)).ShouldBeOfType<StoredTokens.Undecryptable>();
    }

    [Theory]
    [InlineData("'\\x00', '\\x00'", typeof(StoredTokens.Undecryptable))]
    [InlineData("null, '\\x00'", typeof(StoredTokens.None))]
    [InlineData("null, null", typeof(StoredTokens.None))]
    public async Task A_row_that_holds_no_tokens_does_not_stop_the_program(string values, Type expected)
    {
        await _database.ExecuteAsync($"insert into private.tokens (access, refresh, inserted_at, updated_at) values ({values}, now(), now())");
        (await Table("secret").ReadAsync(default)).ShouldBeOfType(expected);
    }

    [Fact]
    public async Task Two_rows_are_counted()
    {
        await _database.ExecuteAsync("insert into private.tokens (inserted_at, updated_at) values (now(), now()), (now(), now())");
        (await Table("secret").ReadAsync(default)).ShouldBe(new StoredTokens.TooMany(2));
    }

    [Fact]
    public async Task Deleting_succeeds_with_and_without_a_row()
    {
        var table = Table("secret");
        await table.DeleteAsync(default);
        await table.SaveAsync(Samples.Pair("a", "r"), default);
        await table.DeleteAsync(default);
        (await table.ReadAsync(default)).ShouldBeOfType<StoredTokens.None>();
    }

    [Fact]
    public async Task Only_one_instance_at_a_time_holds_the_lock()
    {
        var table = Table("secret");
        var first = await table.LockAsync(default);
        var second = table.LockAsync(default);
        await Task.Delay(100);
        second.IsCompleted.ShouldBeFalse();
        await first.DisposeAsync();
        await (await second).DisposeAsync();
    }

    [Fact]
    public async Task The_lock_is_in_nobodys_way_and_no_stranger_can_take_it()
    {
        var table = Table("secret");
        await table.SaveAsync(Samples.Pair("a1", "r1"), default);
        await _database.ExecuteAsync("create role lock_stranger");
        await _database.ExecuteAsync("grant usage on schema private to lock_stranger; grant select on private.tokens to lock_stranger");
        (await Should.ThrowAsync<Npgsql.PostgresException>(() => _database.ExecuteAsync(
            "set role lock_stranger; begin; lock table private.tokens in share update exclusive mode"))).SqlState.ShouldBe("42501");
        await using (await table.LockAsync(default))
        {
            await table.SaveAsync(Samples.Pair("a2", "r2"), default);
            (await table.ReadAsync(default)).ShouldBeOfType<StoredTokens.Pair>().Tokens.ShouldBe(Samples.Pair("a2", "r2"));
            (await _database.ScalarAsync<long>("select count(*) from pg_locks where locktype = 'advisory' and pid in "
                + "(select pid from pg_stat_activity where datname = current_database())")).ShouldBe(0);
        }

        await _database.ExecuteAsync("drop owned by lock_stranger; drop role lock_stranger");
    }

    TokenTable Table(string key)
        => new(_database.DataSource, EncryptionKey.FindConfigured(new Variables(new Dictionary<string, string> { ["ENCRYPTION_KEY"] = key }))!,
            new ManualTime());
}
