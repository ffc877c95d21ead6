using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TeslaMate.Configuration.Health;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Health;

/// <summary>Whether there is a sign-in, and until when its access token lasts.</summary>
sealed class AccountHealth : IHealthCheck
{
    readonly ITeslaAccount _account;
    readonly TimeProvider _time;

    public AccountHealth(ITeslaAccount account, TimeProvider time, IMeterFactory meters)
    {
        (_account, _time) = (account, time);
        var meter = meters.Of("Account", isPersonal: true);
        meter.CreateObservableGauge(
            "teslamate_signed_in", () => account.Status.SignIn == SignIn.SignedIn ? 1 : 0, unit: null, "1 while there are tokens to work with.");
        meter.CreateObservableGauge(
            "teslamate_token_expiry_seconds", () => HealthParts.Known(SecondsLeft(account.Status)), unit: null,
            "Time until the access token ends; it is renewed before.");
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = _account.Status;
        return Task.FromResult(context.Result(
            status.SignIn == SignIn.SignedIn && status.Problem is null,
            new JsonObject
            {
                ["sign_in"] = status.SignIn switch
                {
                    SignIn.Starting => "starting",
                    SignIn.SignedOut => "signed_out",
                    SignIn.Undecryptable => "undecryptable",
                    _ => "signed_in",
                },
                ["token_expires_in_seconds"] = SecondsLeft(status) is { } left ? Math.Round(left) : null,
                ["problem"] = status.Problem?.Message,
            },
            status.SignIn switch
            {
                SignIn.SignedOut => "not signed in to Tesla",
                SignIn.Undecryptable => "the stored tokens cannot be decrypted with this ENCRYPTION_KEY",
                _ when status.Problem is not null => "the tokens cannot be renewed",
                _ => null,
            }));
    }

    double? SecondsLeft(AccountStatus status) => status.ExpiresAt is { } end ? (end - _time.GetUtcNow()).TotalSeconds : null;
}
