using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;

namespace TeslaMate.Tesla.Accounts;

/// <summary>Runs the account as long as the program runs.</summary>
sealed class AccountKeeper(TeslaAccount account, TimeProvider time, ILogger<AccountKeeper> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(account.RunAsync, time, logger, stoppingToken);
}
