using TeslaMate.Configuration;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Tests.Tesla.Accounts;

/// <summary>An account whose status changes when the test says so.</summary>
sealed class FixedAccount : ITeslaAccount
{
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AccountStatus Status { get; private set; } = new(SignIn.SignedIn, 0);

    public bool FleetMode => false;

    public void Change()
    {
        Status = Status with { Generation = Status.Generation + 1 };
        var before = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        before.SetResult();
    }

    public async Task<AccountStatus> ChangedAsync(AccountStatus known, CancellationToken cancellationToken)
    {
        while (Status == known)
            await _changed.Task.WaitAsync(cancellationToken);
        return Status;
    }

    public Task<ApiError?> SignInAsync(Secret? access, Secret? refresh, CancellationToken cancellationToken)
        => Task.FromResult<ApiError?>(new ApiError.AlreadySignedIn());

    public Task<ApiError?> SignOutAsync(CancellationToken cancellationToken) => Task.FromResult<ApiError?>(null);
}
