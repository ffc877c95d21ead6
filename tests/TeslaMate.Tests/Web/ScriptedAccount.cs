using TeslaMate.Configuration;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Tests.Web;

/// <summary>An account that remembers which tokens it was given.</summary>
sealed class ScriptedAccount : ITeslaAccount
{
    public AccountStatus Status { get; set; } = new(SignIn.SignedIn, Generation: 1);

    public bool FleetMode { get; set; }

    /// <summary>What a sign-in is answered; success when null.</summary>
    public ApiError? Answer { get; set; }

    public (string? Access, string? Refresh)? Given { get; set; }

    public Task<AccountStatus> ChangedAsync(AccountStatus known, CancellationToken cancellationToken) => Task.FromResult(Status);

    public Task<ApiError?> SignInAsync(Secret? access, Secret? refresh, CancellationToken cancellationToken)
    {
        Given = (access?.Reveal(), refresh?.Reveal());
        if (Answer is null)
            Status = Status with { SignIn = SignIn.SignedIn, Generation = Status.Generation + 1 };
        return Task.FromResult(Answer);
    }

    public Task<ApiError?> SignOutAsync(CancellationToken cancellationToken)
    {
        Status = Status with { SignIn = SignIn.SignedOut };
        return Task.FromResult<ApiError?>(null);
    }
}
