using Microsoft.Extensions.Hosting;

namespace TeslaMate.Tesla.Accounts;

/// <summary>Runs the account as long as the program runs.</summary>
sealed class AccountKeeper(TeslaAccount account) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => account.RunAsync(stoppingToken);
}
