using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Tests.Tesla.Accounts;

/// <summary>The rules of the account, row by row; what carries them out is tested in <see cref="TeslaAccountTests"/>.</summary>
public sealed class AccountStateTests
{
    static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    static readonly TokenPair One = Samples.Pair("$one", "$one");
    static readonly TokenPair Two = Samples.Pair("$two", "$two");
    static readonly StoredTokens OneStored = new StoredTokens.Pair(One, "mark of one");
    static readonly StoredTokens TwoStored = new StoredTokens.Pair(Two, "mark of two");
    static readonly ApiError NoTokens = new ApiError.TokenRefresh("login_required");

    static readonly AccountState Starting = new() { Settings = new TeslaSettings() };

    static readonly AccountState SignedOut = Starting with { Status = new(SignIn.SignedOut, Generation: 3) };

    /// <summary>With tokens that came from Tesla an hour ago and are saved.</summary>
    static readonly AccountState SignedIn = Starting with
    {
        Status = new(SignIn.SignedIn, Generation: 3, RefreshedAt: Now.AddHours(-1), ExpiresAt: Now.AddHours(7)),
        Pair = One,
        Mark = "mark of one",
        RefreshDue = Now.AddHours(5),
    };

    static readonly AccountState Undecryptable = Starting with { Status = new(SignIn.Undecryptable, Generation: 3), Mark = "strange" };

    static readonly AccountState Unsaved = SignedIn with { IsUnsaved = true };

    static readonly AccountState Refreshing = SignedIn with { IsRefreshing = true };

    static readonly AccountState Refused = SignedOut with { Dropped = One, RefreshDue = Now.AddHours(1) };

    static IEnumerable<AccountState> States => [Starting, SignedOut, SignedIn, Undecryptable, Unsaved, Refreshing, Refused];

    static IEnumerable<AccountEvent> Events =>
    [
        new AccountEvent.Began(new StoredTokens.None()), new AccountEvent.Began(OneStored),
        new AccountEvent.Began(new StoredTokens.Undecryptable("x")),
        new AccountEvent.Woken(),
        new AccountEvent.Looked(new StoredTokens.None()), new AccountEvent.Looked(OneStored), new AccountEvent.Looked(TwoStored),
        new AccountEvent.Looked(new StoredTokens.Undecryptable("x")), new AccountEvent.Looked(new StoredTokens.TooMany(2)),
        new AccountEvent.RefreshChecked(One, null), new AccountEvent.RefreshChecked(One, OneStored), new AccountEvent.RefreshChecked(One, TwoStored),
        new AccountEvent.Granted(new TokenGrant(Two, TimeSpan.FromHours(8)), IsSignIn: true),
        new AccountEvent.Granted(new TokenGrant(Two, TimeSpan.FromHours(8)), IsSignIn: false),
        new AccountEvent.RefreshFailed(One, NoTokens, null, Chance: 0), new AccountEvent.RefreshFailed(One, NoTokens, TwoStored, Chance: 0),
        new AccountEvent.RefreshEnded(), new AccountEvent.Saved("mark"), new AccountEvent.Deleted(),
        new AccountEvent.Refused(One), new AccountEvent.Forbidden(One), new AccountEvent.Accepted(One), new AccountEvent.StreamRefused(One),
    ];

    [Fact]
    public void There_is_a_rule_for_every_event_in_every_state()
    {
        foreach (var state in States)
        {
            foreach (var @event in Events)
            {
                var (next, _) = AccountState.Transition(state, @event, Now);
                // What cannot be: a refresh that failed without a pair, and a second beginning.
                if (@event is AccountEvent.RefreshFailed && state is { Pair: null, Dropped: null }
                    || @event is AccountEvent.Began && state != Starting)
                    continue;
                // Whoever asks for the tokens of an account that is signed in gets some.
                (next.Status.SignIn == SignIn.SignedIn).ShouldBe(
                    next.Pair is not null && next.Status.SignIn != SignIn.Starting, $"{@event} in {state.Status}");
                next.Status.Generation.ShouldBeGreaterThanOrEqualTo(state.Status.Generation);
            }
        }
    }

    [Fact]
    public void A_fresh_pair_is_used_as_it_is_and_any_other_is_refreshed_first()
    {
        var fresh = Samples.Pair(Jwt(issued: Now.AddHours(-1), expires: Now.AddHours(7)), "$refresh");
        var (used, told) = On(Starting, new AccountEvent.Began(new StoredTokens.Pair(fresh, "mark")));
        used.ShouldBe(Starting with
        {
            Status = new(SignIn.SignedIn, Generation: 0, ExpiresAt: Now.AddHours(7)),
            Pair = fresh,
            Mark = "mark",
            RefreshDue = Now.AddHours(5),
        });
        told.ShouldBe([Log(new AccountNote.Scheduled(TimeSpan.FromHours(5)))]);

        var (waiting, effects) = On(Starting, new AccountEvent.Began(OneStored));
        waiting.ShouldBe(Starting with { Pair = One, Mark = "mark of one", IsRefreshing = true });
        effects.ShouldBe([new AccountEffect.Refresh(One)]);
    }

    [Fact]
    public void What_is_due_is_done_the_refresh_first_then_what_is_not_saved_and_else_a_look()
    {
        On(SignedIn, new AccountEvent.Woken()).Effects.ShouldBe([new AccountEffect.Look()]);
        On(Unsaved, new AccountEvent.Woken()).Effects.ShouldBe([new AccountEffect.Save(One)]);
        var (next, effects) = On(Unsaved with { RefreshDue = Now }, new AccountEvent.Woken());
        next.IsRefreshing.ShouldBeTrue();
        effects.ShouldBe([new AccountEffect.Refresh(One)]);
        (next, effects) = On(SignedIn with { IsRefreshWanted = true }, new AccountEvent.Woken());
        next.IsRefreshWanted.ShouldBeFalse();
        effects.ShouldBe([new AccountEffect.Refresh(One)]);
        // Nobody is signed in: the wish is forgotten.
        On(SignedOut with { IsRefreshWanted = true }, new AccountEvent.Woken()).ShouldBeEquivalentTo(
            (SignedOut, (IReadOnlyList<AccountEffect>)[]));
        // Tokens that were refused for good have their second chance.
        On(Refused with { RefreshDue = Now }, new AccountEvent.Woken()).Effects.ShouldBe([new AccountEffect.Refresh(One)]);
    }

    [Fact]
    public void A_faster_instance_saves_the_request_before_it_and_explains_the_refusal_after_it()
    {
        On(Refreshing, new AccountEvent.RefreshChecked(One, OneStored)).Effects
            .ShouldBe([Log(new AccountNote.Refreshing()), new AccountEffect.Ask(One)]);
        AccountEvent[] found = [new AccountEvent.RefreshChecked(One, TwoStored), new AccountEvent.RefreshFailed(One, NoTokens, TwoStored, Chance: 0)];
        foreach (var @event in found)
        {
            var (next, effects) = On(Refreshing, @event);
            (next.Pair, next.Mark, next.Status.Problem, next.IsRefreshing).ShouldBe((Two, "mark of two", null, true));
            next.Status.Generation.ShouldBe(3);
            effects.ShouldBe([Log(new AccountNote.TakenOver())]);
        }
    }

    [Theory]
    [InlineData(0.0, 300)]
    [InlineData(0.5, 330)]
    [InlineData(0.999, 359)]
    public void After_a_failed_refresh_the_pair_stays_in_use_and_chance_spreads_the_next_attempt(double chance, int seconds)
    {
        var (next, effects) = On(Refreshing, new AccountEvent.RefreshFailed(One, NoTokens, OneStored, chance));
        next.ShouldBe(Refreshing with { Status = Refreshing.Status with { Problem = NoTokens }, RefreshDue = Now.AddSeconds(seconds) });
        effects.ShouldBe([Log(new AccountNote.NotRefreshed(NoTokens, TimeSpan.FromSeconds(seconds)))]);
    }

    [Fact]
    public void New_tokens_are_used_before_they_are_saved()
    {
        var (next, effects) = On(Refreshing, new AccountEvent.Granted(new TokenGrant(Two, TimeSpan.FromHours(8)), IsSignIn: false));
        (next.Pair, next.IsUnsaved, next.RefreshDue, next.Status.RefreshedAt).ShouldBe((Two, true, Now.AddHours(6), Now));
        next.Status.Generation.ShouldBe(3);
        effects.ShouldBe(
        [
            Log(new AccountNote.Scheduled(TimeSpan.FromHours(6))), new AccountEffect.Save(Two), Log(new AccountNote.Refreshed()),
        ]);
        On(next, new AccountEvent.Saved("mark of two")).Next.ShouldBe(next with { IsUnsaved = false, Mark = "mark of two" });
    }

    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, 3)]
    public void A_sign_in_is_a_new_generation_and_a_refresh_is_not(bool isSignIn, int generation)
        => On(SignedIn, new AccountEvent.Granted(new TokenGrant(Two, TimeSpan.FromHours(8)), isSignIn)).Next.Status.Generation.ShouldBe(generation);

    [Fact]
    public void Five_refusals_in_ten_minutes_wish_for_a_refresh_and_the_sixth_signs_out()
    {
        var state = SignedIn;
        for (var refusal = 1; refusal <= 5; refusal++)
        {
            state = On(state, new AccountEvent.Refused(One)).Next;
            state.IsRefreshWanted.ShouldBeTrue();
            // Others that notice the same thing count once.
            On(state, new AccountEvent.Refused(One)).Next.ShouldBe(state);
            state = state with { IsRefreshWanted = false };
        }

        var (next, effects) = On(state, new AccountEvent.Refused(One));
        (next.Pair, next.Dropped, next.RefreshDue).ShouldBe((null, One, Now.AddHours(1)));
        next.Status.ShouldBe(new AccountStatus(SignIn.SignedOut, Generation: 4, Problem: new ApiError.Unauthorized()));
        effects.ShouldBe([Log(new AccountNote.GaveUp())]);
        On(On(state, new AccountEvent.Accepted(One)).Next, new AccountEvent.Refused(One)).Next.Pair.ShouldBe(One);
    }

    [Fact]
    public void News_of_another_pair_changes_nothing()
    {
        AccountEvent[] late = [new AccountEvent.Refused(Two), new AccountEvent.Forbidden(Two), new AccountEvent.Accepted(Two),
            new AccountEvent.StreamRefused(Two)];
        foreach (var @event in late)
            On(SignedIn, @event).Next.ShouldBe(SignedIn);
    }

    [Fact]
    public void A_403_is_blamed_once_on_a_pair_that_is_older_than_this_run()
    {
        On(SignedIn, new AccountEvent.Forbidden(One)).Next.ShouldBe(SignedIn);
        var old = SignedIn with { Status = SignedIn.Status with { RefreshedAt = null } };
        var next = On(old, new AccountEvent.Forbidden(One)).Next;
        next.IsRefreshWanted.ShouldBeTrue();
        next = next with { IsRefreshWanted = false };
        On(next, new AccountEvent.Forbidden(One)).Next.ShouldBe(next);
    }

    [Fact]
    public void The_stream_has_a_pair_refreshed_unless_it_is_new_or_has_just_failed()
    {
        On(SignedIn, new AccountEvent.StreamRefused(One)).Next.IsRefreshWanted.ShouldBeTrue();
        AccountState[] others =
        [
            Refreshing,
            SignedIn with { Status = SignedIn.Status with { RefreshedAt = Now.AddMinutes(-9) } },
            SignedIn with { Status = SignedIn.Status with { Problem = NoTokens } },
        ];
        foreach (var state in others)
            On(state, new AccountEvent.StreamRefused(One)).Next.IsRefreshWanted.ShouldBeFalse();
    }

    [Fact]
    public void What_others_change_in_the_table_is_taken_over()
    {
        On(SignedIn, new AccountEvent.Looked(OneStored)).Next.ShouldBe(SignedIn);
        var (gone, told) = On(SignedIn, new AccountEvent.Looked(new StoredTokens.None()));
        gone.Status.ShouldBe(new AccountStatus(SignIn.SignedOut, Generation: 4));
        told.ShouldBe([Log(new AccountNote.SignedOutElsewhere())]);
        On(SignedOut, new AccountEvent.Looked(OneStored)).Next.Status.ShouldBe(
            new AccountStatus(SignIn.SignedIn, Generation: 4, RefreshedAt: Now));
        On(SignedIn, new AccountEvent.Looked(new StoredTokens.Undecryptable("strange"))).Effects.ShouldBe([Log(new AccountNote.Undecryptable())]);
        On(Undecryptable, new AccountEvent.Looked(new StoredTokens.Undecryptable("strange"))).Effects.ShouldBeEmpty();
        On(Refused, new AccountEvent.Looked(new StoredTokens.None())).Next.ShouldBe(SignedOut);
    }

    static (AccountState Next, IReadOnlyList<AccountEffect> Effects) On(AccountState state, AccountEvent @event)
        => AccountState.Transition(state, @event, Now);

    static AccountEffect.Log Log(AccountNote note) => new(note);

    static string Jwt(DateTimeOffset issued, DateTimeOffset expires)
        => Samples.Jwt($$"""{"iat":{{issued.ToUnixTimeSeconds()}},"exp":{{expires.ToUnixTimeSeconds()}}}""");
}
