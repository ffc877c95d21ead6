namespace TeslaMate.Tests.Tesla;

/// <summary>Waits for what happens on another thread; a failing test ends after a generous while.</summary>
static class Eventually
{
    public static async Task BecomesTrueAsync(Func<bool> condition, string what)
    {
        var end = DateTimeOffset.UtcNow + TimeSpan.FromSeconds(30);
        while (!condition())
        {
            if (DateTimeOffset.UtcNow > end)
                throw new TimeoutException($"waited in vain until {what}");
            await Task.Delay(5);
        }
    }
}
