using TeslaMate.Configuration;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Tesla.Accounts;

public sealed class TeslaAccountTests : IAsyncDisposable
{
    static readonly Secret Access = new("$access");
    static readonly Secret Refresh = new("$refresh");

    readonly RecordedLog _log = new();
    readonly ManualTime _time = new();
    readonly MemoryStore _store = new();
    readonly ScriptedEndpoint _endpoint = new();
    readonly CancellationTokenSource _stop = new();
    TeslaAccount? _account;
    Task _running = Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _account?.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task Without_stored_tokens_nobody_is_signed_in()
    {
        var account = await StartAsync();
        account.Status.SignIn.ShouldBe(SignIn.SignedOut);
        (await account.CurrentAsync(default)).ShouldBeNull();
        _endpoint.Asked.ShouldBeEmpty();
        _store.Saves.ShouldBe(0);
        (await account.SignOutAsync(default)).ShouldBeOfType<ApiError.NotSignedIn>();
    }

    [Fact]
    public async Task Stored_tokens_are_refreshed_once_and_saved_once()
    {
        _store.Put("$access", "$refresh");
        var account = await StartAsync();
        account.Status.SignIn.ShouldBe(SignIn.SignedIn);
        (await account.CurrentAsync(default)).ShouldBe(Samples.Pair("$token", "$token"));
        _endpoint.Asked.ShouldBe([Samples.Pair("$access", "$refresh")]);
        await Eventually.BecomesTrueAsync(() => _store.Saves == 1, "they were saved");
        _store.Pair.ShouldBe(Samples.Pair("$token", "$token"));
    }

    [Fact]
    public async Task A_stored_token_that_says_it_is_fresh_is_not_refreshed_before_its_time()
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        _store.Put(Samples.Jwt($$"""{"iat":{{now - 3600}},"exp":{{now + 25_200}}}"""), "$refresh");
        var account = await StartAsync();
        account.Status.SignIn.ShouldBe(SignIn.SignedIn);
        _endpoint.Asked.ShouldBeEmpty();
        // Three quarters of 8 hours, of which one is gone.
        await AdvanceAsync(TimeSpan.FromHours(5) - TimeSpan.FromSeconds(1));
        _endpoint.Asked.ShouldBeEmpty();
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await Eventually.BecomesTrueAsync(() => _store.Saves == 1, "the refresh was saved");
        _endpoint.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task When_the_first_refresh_fails_the_stored_tokens_are_used_and_it_is_tried_again_after_450_seconds()
    {
        _store.Put("$access", "$refresh");
        _endpoint.Answer = ScriptedEndpoint.Refuse;
        var account = await StartAsync();
        account.Status.SignIn.ShouldBe(SignIn.SignedIn);
        account.Status.Problem.ShouldBeOfType<ApiError.TokenRefresh>();
        (await account.CurrentAsync(default)).ShouldBe(Samples.Pair("$access", "$refresh"));
        _store.Saves.ShouldBe(0);
        await AdvanceAsync(TimeSpan.FromSeconds(449));
        _endpoint.Asked.Count.ShouldBe(1);
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await Eventually.BecomesTrueAsync(() => _endpoint.Asked.Count == 2, "it was tried again");
    }

    [Fact]
    public async Task Tokens_are_refreshed_after_three_quarters_of_their_life()
    {
        _store.Put("$access", "$refresh");
        _endpoint.Answer = _ => ScriptedEndpoint.Grant("$next", "$next", TimeSpan.FromSeconds(28_800));
        await StartAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(21_599));
        _endpoint.Asked.Count.ShouldBe(1);
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await Eventually.BecomesTrueAsync(() => _store.Saves == 2, "the refresh was saved");
        _endpoint.Asked.Count.ShouldBe(2);
        _log.Everything.ShouldContain("Scheduling token refresh in 6 h");
    }

    [Fact]
    public async Task A_refresh_that_fails_is_repeated_every_five_minutes_and_the_tokens_stay_in_use()
    {
        _store.Put("$access", "$refresh");
        _endpoint.Answer = _ => ScriptedEndpoint.Grant("$one", "$one", TimeSpan.FromSeconds(28_800));
        var account = await StartAsync();
        _endpoint.Answer = ScriptedEndpoint.Refuse;
        await AdvanceAsync(TimeSpan.FromSeconds(21_600));
        for (var tries = 2; tries < 6; tries++)
        {
            await Eventually.BecomesTrueAsync(() => _endpoint.Asked.Count == tries, $"it was tried {tries} times");
            (await account.CurrentAsync(default)).ShouldBe(Samples.Pair("$one", "$one"));
            await AdvanceAsync(TimeSpan.FromSeconds(300));
        }

        _endpoint.Answer = _ => ScriptedEndpoint.Grant("$two", "$two", TimeSpan.FromSeconds(28_800));
        await AdvanceAsync(TimeSpan.FromSeconds(300));
        await Eventually.BecomesTrueAsync(() => account.Status.Problem is null, "it succeeded");
        (await account.CurrentAsync(default)).ShouldBe(Samples.Pair("$two", "$two"));
        _log.Everything.ShouldContain("Retrying in 5 min");
    }

    [Fact]
    public async Task A_sign_in_checks_the_tokens_and_tells_everyone_at_once()
    {
        var account = await StartAsync();
        var before = account.Status;
        var waiting = account.ChangedAsync(before, default);
        waiting.IsCompleted.ShouldBeFalse();
        (await account.SignInAsync(new Secret("  $access\n"), new Secret("\t$refresh "), default)).ShouldBeNull();
        var after = await waiting;
        after.SignIn.ShouldBe(SignIn.SignedIn);
        after.Generation.ShouldBe(before.Generation + 1);
        _endpoint.Asked.ShouldBe([Samples.Pair("$access", "$refresh")]);
        _store.Pair.ShouldBe(Samples.Pair("$token", "$token"));
        (await account.SignInAsync(Access, Refresh, default)).ShouldBeOfType<ApiError.AlreadySignedIn>();
        _endpoint.Asked.Count.ShouldBe(1);
        _store.Saves.ShouldBe(1);
    }

    [Fact]
    public async Task A_sign_in_with_bad_tokens_changes_nothing()
    {
        _endpoint.Answer = ScriptedEndpoint.Refuse;
        var account = await StartAsync();
        var before = account.Status;
        (await account.SignInAsync(Access, Refresh, default)).ShouldBe(new ApiError.TokenRefresh("login_required"));
        account.Status.ShouldBe(before);
        _store.Saves.ShouldBe(0);
        (await account.SignInAsync(new Secret(" "), Refresh, default)).ShouldBeOfType<ApiError.Failed>();
        _endpoint.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task In_fleet_mode_a_sign_in_needs_no_tokens()
    {
        var account = await StartAsync(new TeslaSettings { FleetToken = new Secret("fleet") });
        account.FleetMode.ShouldBeTrue();
        (await account.SignInAsync(null, null, default)).ShouldBeNull();
        _endpoint.Asked.ShouldBe([null]);
    }

    [Fact]
    public async Task A_sign_out_forgets_and_deletes()
    {
        _store.Put("$access", "$refresh");
        var account = await StartAsync();
        await Eventually.BecomesTrueAsync(() => !account.IsUnsaved, "the refresh was saved");
        var before = account.Status;
        (await account.SignOutAsync(default)).ShouldBeNull();
        account.Status.SignIn.ShouldBe(SignIn.SignedOut);
        account.Status.Generation.ShouldBeGreaterThan(before.Generation);
        _store.Stored.ShouldBeOfType<StoredTokens.None>();
        (await account.SignOutAsync(default)).ShouldBeOfType<ApiError.NotSignedIn>();
    }

    [Fact]
    public async Task Five_times_a_refusal_asks_for_new_tokens_and_the_sixth_signs_out()
    {
        _store.Put("$access", "$refresh");
        var account = await StartAsync();
        _endpoint.Answer = ScriptedEndpoint.Refuse;
        for (var round = 0; round < 2; round++)
        {
            var pair = (await account.CurrentAsync(default))!;
            for (var i = 1; i <= 5; i++)
            {
                var asked = _endpoint.Asked.Count;
                account.Refused(pair).ShouldBeFalse();
                await Eventually.BecomesTrueAsync(() => _endpoint.Asked.Count == asked + 1, "a refresh was tried");
                await IdleAsync();
            }

            account.Refused(pair).ShouldBeTrue();
            account.Refused(pair).ShouldBeTrue();
            account.Status.SignIn.ShouldBe(SignIn.SignedOut);
            (await account.CurrentAsync(default)).ShouldBeNull();
            // The row stays: the tokens may be good again after a restart.
            _store.Pair.ShouldNotBeNull();

            _endpoint.Answer = _ => ScriptedEndpoint.Grant("$again", "$again", ScriptedEndpoint.LongLife);
            (await account.SignInAsync(Access, Refresh, default)).ShouldBeNull();
            _endpoint.Answer = ScriptedEndpoint.Refuse;
        }
    }

    [Fact]
    public async Task Refusals_spread_over_more_than_ten_minutes_do_not_sign_out()
    {
        _store.Put("$access", "$refresh");
        var account = await StartAsync();
        _endpoint.Answer = ScriptedEndpoint.Refuse;
        var pair = (await account.CurrentAsync(default))!;
        for (var i = 0; i < 20; i++)
        {
            account.Refused(pair).ShouldBeFalse();
            await AdvanceAsync(TimeSpan.FromSeconds(121));
        }
    }

    [Fact]
    public async Task Many_cars_that_are_refused_at_once_cost_one_refresh()
    {
        _store.Put("$access", "$refresh");
        var account = await StartAsync();
        var gate = new TaskCompletionSource();
        _endpoint.Answer = async _ =>
        {
            await gate.Task;
            return await ScriptedEndpoint.Grant("$new", "$new", ScriptedEndpoint.LongLife);
        };
        var pair = (await account.CurrentAsync(default))!;
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => account.Refused(pair).ShouldBeFalse())));
        gate.SetResult();
        await Eventually.BecomesTrueAsync(() => account.Status.RefreshedAt is not null && _store.Saves == 2, "the refresh was saved");
        // Late news of the old pair.
        account.Refused(pair).ShouldBeFalse();
        await IdleAsync();
        _endpoint.Asked.Count.ShouldBe(2);
        _endpoint.MostAtOnce.ShouldBe(1);
    }

    [Fact]
    public async Task Concurrent_sign_ins_refresh_once()
    {
        var account = await StartAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => account.SignInAsync(Access, Refresh, default))));
        answers.Count(answer => answer is null).ShouldBe(1);
        answers.Count(answer => answer is ApiError.AlreadySignedIn).ShouldBe(19);
        _endpoint.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Tokens_that_are_accepted_again_are_no_longer_counted_against()
    {
        _store.Put("$access", "$refresh");
        var account = await StartAsync();
        var pair = (await account.CurrentAsync(default))!;
        _endpoint.Answer = ScriptedEndpoint.Refuse;
        for (var i = 0; i < 20; i++)
        {
            var asked = _endpoint.Asked.Count;
            account.Refused(pair).ShouldBeFalse();
            await Eventually.BecomesTrueAsync(() => _endpoint.Asked.Count == asked + 1, "a refresh was tried");
            await IdleAsync();
            account.Accepted(pair);
        }
    }

    [Fact]
    public async Task Tokens_refused_for_good_get_a_second_chance_after_an_hour()
    {
        _store.Put("$access", "$refresh");
        var account = await StartAsync();
        _endpoint.Answer = ScriptedEndpoint.Refuse;
        var pair = (await account.CurrentAsync(default))!;
        while (!account.Refused(pair))
            await IdleAsync();
        var before = account.Status;
        _endpoint.Answer = _ => ScriptedEndpoint.Grant("$back", "$back", ScriptedEndpoint.LongLife);
        await AdvanceAsync(TimeSpan.FromMinutes(60));
        await Eventually.BecomesTrueAsync(() => account.Status.SignIn == SignIn.SignedIn, "it was tried again");
        account.Status.Generation.ShouldBeGreaterThan(before.Generation);
    }

    [Fact]
    public async Task A_sign_in_by_another_program_needs_no_restart()
    {
        var account = await StartAsync();
        var before = account.Status;
        _store.Put("$elsewhere", "$elsewhere");
        await AdvanceAsync(TimeSpan.FromSeconds(15));
        await Eventually.BecomesTrueAsync(() => account.Status.SignIn == SignIn.SignedIn, "the sign-in was noticed");
        account.Status.Generation.ShouldBeGreaterThan(before.Generation);
        (await account.CurrentAsync(default)).ShouldBe(Samples.Pair("$elsewhere", "$elsewhere"));
        _endpoint.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_sign_out_by_another_program_is_noticed()
    {
        _store.Put("$access", "$refresh");
        var account = await StartAsync();
        await Eventually.BecomesTrueAsync(() => !account.IsUnsaved, "the refresh was saved");
        _store.Stored = new StoredTokens.None();
        await AdvanceAsync(TimeSpan.FromSeconds(15));
        await Eventually.BecomesTrueAsync(() => account.Status.SignIn == SignIn.SignedOut, "the sign-out was noticed");
    }

    [Fact]
    public async Task Before_a_refresh_the_table_is_asked_whether_another_instance_was_faster()
    {
        _store.Put("$access", "$refresh");
        var account = await StartAsync();
        await Eventually.BecomesTrueAsync(() => !account.IsUnsaved, "the refresh was saved");
        var generation = account.Status.Generation;
        _store.Put("$faster", "$faster");
        account.Refused((await account.CurrentAsync(default))!).ShouldBeFalse();
        await Eventually.BecomesTrueAsync(() => account.CurrentAsync(default).AsTask().GetAwaiter().GetResult() == Samples.Pair("$faster", "$faster"),
            "it took over");
        _endpoint.Asked.Count.ShouldBe(1);
        account.Status.Generation.ShouldBe(generation);
    }

    [Fact]
    public async Task A_row_of_another_key_is_left_as_it_is_until_somebody_signs_in()
    {
        _store.Stored = new StoredTokens.Undecryptable("strange");
        var account = await StartAsync();
        account.Status.SignIn.ShouldBe(SignIn.Undecryptable);
        (await account.CurrentAsync(default)).ShouldBeNull();
        await AdvanceAsync(TimeSpan.FromMinutes(10));
        _store.Stored.ShouldBeOfType<StoredTokens.Undecryptable>();
        _log.Lines.Count(line => line.Contains("Could not decrypt API tokens!", StringComparison.Ordinal)).ShouldBe(1);
        (await account.SignInAsync(Access, Refresh, default)).ShouldBeNull();
        _store.Pair.ShouldBe(Samples.Pair("$token", "$token"));
    }

    [Fact]
    public async Task More_than_one_row_refuses_to_start_and_says_how_many()
    {
        _store.Stored = new StoredTokens.TooMany(2);
        using var account = New(new TeslaSettings());
        (await Should.ThrowAsync<InvalidOperationException>(account.RunAsync(default))).Message.ShouldContain("2");
    }

    [Fact]
    public async Task Tokens_that_could_not_be_saved_are_saved_when_the_database_is_back()
    {
        _store.Put("$access", "$refresh");
        _endpoint.Answer = _ => ScriptedEndpoint.Grant("$one", "$one", TimeSpan.FromSeconds(28_800));
        var account = await StartAsync();
        await Eventually.BecomesTrueAsync(() => !account.IsUnsaved, "the refresh was saved");
        _store.IsAway = true;
        _endpoint.Answer = _ => ScriptedEndpoint.Grant("$two", "$two", ScriptedEndpoint.LongLife);
        await AdvanceAsync(TimeSpan.FromHours(6));
        await Eventually.BecomesTrueAsync(() => account.IsUnsaved, "they were refreshed");
        (await account.CurrentAsync(default)).ShouldBe(Samples.Pair("$two", "$two"));
        await AdvanceAsync(TimeSpan.FromMinutes(10));
        _store.IsAway = false;
        await AdvanceAsync(TimeSpan.FromSeconds(15));
        await Eventually.BecomesTrueAsync(() => !account.IsUnsaved, "they were saved");
        _store.Pair.ShouldBe(Samples.Pair("$two", "$two"));
    }

    [Fact]
    public async Task A_database_that_is_away_at_start_up_is_waited_for()
    {
        _store.Put("$access", "$refresh");
        _store.IsAway = true;
        _account = New(new TeslaSettings());
        _running = _account.RunAsync(_stop.Token);
        var asking = _account.CurrentAsync(default).AsTask();
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        asking.IsCompleted.ShouldBeFalse();
        _store.IsAway = false;
        await AdvanceAsync(TimeSpan.FromSeconds(5));
        (await asking).ShouldBe(Samples.Pair("$token", "$token"));
    }

    [Fact]
    public async Task A_403_is_answered_by_one_refresh_of_tokens_that_came_from_elsewhere()
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        _store.Put(Samples.Jwt($$"""{"iat":{{now}},"exp":{{now + 28_800}}}"""), "$refresh");
        var account = await StartAsync();
        account.Forbidden((await account.CurrentAsync(default))!);
        await Eventually.BecomesTrueAsync(() => _endpoint.Asked.Count == 1, "it was refreshed");
        await Eventually.BecomesTrueAsync(() => !account.IsUnsaved && account.Status.RefreshedAt is not null, "it was saved");
        account.Forbidden((await account.CurrentAsync(default))!);
        await IdleAsync();
        _endpoint.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task No_secret_reaches_the_log()
    {
        _store.Put("access-known-secret", "refresh-known-secret");
        _endpoint.Answer = _ => ScriptedEndpoint.Grant("new-known-secret", "newer-known-secret", TimeSpan.FromSeconds(28_800));
        var account = await StartAsync();
        _endpoint.Answer = ScriptedEndpoint.Refuse;
        await AdvanceAsync(TimeSpan.FromHours(7));
        await account.SignOutAsync(default);
        await account.SignInAsync(new Secret("pasted-known-secret"), new Secret("pasted-known-secret"), default);
        _log.Everything.ShouldNotContain("known-secret");
        _log.Lines.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(21_600, "6 h")]
    [InlineData(450, "7 min")]
    [InlineData(45, "45 s")]
    [InlineData(7_500_000, "12 wk 2 d")]
    [InlineData(90_061, "1 d 1 h")]
    [InlineData(3_659, "1 h")]
    public void A_pause_is_told_in_its_two_largest_units(int seconds, string expected)
    => Schedule.Describe(TimeSpan.FromSeconds(seconds)).ShouldBe(expected);

    [Theory]
    [InlineData(28_800, 21_600)]
    [InlineData(600, 450)]
    [InlineData(10_000_000, 7_500_000)]
    [InlineData(1, 30)]
    public void A_refresh_is_due_after_three_quarters_of_a_lifetime(int lifetime, int delay)
        => Schedule.Delay(TimeSpan.FromSeconds(lifetime)).ShouldBe(TimeSpan.FromSeconds(delay));

    TeslaAccount New(TeslaSettings settings) => new(_store, _endpoint, settings, _time, () => 0, _log.For<TeslaAccount>());

    /// <summary>An account that has read the table, and waits.</summary>
    async Task<TeslaAccount> StartAsync(TeslaSettings? settings = null)
    {
        _account = New(settings ?? new TeslaSettings());
        _running = _account.RunAsync(_stop.Token);
        await _account.CurrentAsync(default);
        await IdleAsync();
        return _account;
    }

    /// <summary>Moves the clock as it moves in life: by steps small enough for the loop to keep up.</summary>
    async Task AdvanceAsync(TimeSpan by)
    {
        while (by > TimeSpan.Zero)
        {
            var longest = by > TimeSpan.FromMinutes(4) ? TimeSpan.FromMinutes(2) : TimeSpan.FromSeconds(15);
            var step = by < longest ? by : longest;
            await IdleAsync();
            _time.Advance(step);
            by -= step;
        }

        await IdleAsync();
    }

    /// <summary>Waits until the loop waits.</summary>
    Task IdleAsync() => Eventually.BecomesTrueAsync(() => _account!.IsIdle && _time.PendingTimers > 0, "the account waits");
}
