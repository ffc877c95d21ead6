using System.Text.Json.Nodes;
using TeslaMate.Configuration.Health;
using TeslaMate.Tesla.Accounts;

namespace TeslaMate.Health;

/// <summary>Whether there is a sign-in, and until when its access token lasts.</summary>
sealed class AccountHealth(ITeslaAccount account, TimeProvider time) : IHealthReport
{
    public string Name => "account";

    public bool IsPersonal => true;

    public ValueTask<HealthFacts> ReadAsync(CancellationToken cancellationToken)
    {
        var status = account.Status;
        var left = status.ExpiresAt is { } end ? (end - time.GetUtcNow()).TotalSeconds : (double?)null;
        var measures = new List<Measure> { new("teslamate_signed_in", "1 while there are tokens to work with.", status.SignIn == SignIn.SignedIn ? 1 : 0) };
        if (left is { } seconds)
            measures.Add(new Measure("teslamate_token_expiry_seconds", "Time until the access token ends; it is renewed before.", seconds));
        return ValueTask.FromResult(new HealthFacts(status.SignIn == SignIn.SignedIn && status.Problem is null, new JsonObject
        {
            ["sign_in"] = status.SignIn switch
            {
                SignIn.Starting => "starting",
                SignIn.SignedOut => "signed_out",
                SignIn.Undecryptable => "undecryptable",
                _ => "signed_in",
            },
            ["token_expires_in_seconds"] = left is { } rest ? Math.Round(rest) : null,
            ["problem"] = status.Problem?.Message,
        })
        {
            Phrase = status.SignIn switch
            {
                SignIn.SignedOut => "not signed in to Tesla",
                SignIn.Undecryptable => "the stored tokens cannot be decrypted with this ENCRYPTION_KEY",
                _ when status.Problem is not null => "the tokens cannot be renewed",
                _ => null,
            },
            Measures = measures,
        });
    }
}
