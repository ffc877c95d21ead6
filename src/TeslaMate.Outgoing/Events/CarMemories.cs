namespace TeslaMate.Outgoing.Events;

/// <summary>
/// The memories of the cars that are logged here, while the program runs. One at a time works with them; a car that another instance takes over is
/// forgotten here, since that one goes on from what was saved.
/// </summary>
sealed class CarMemories(EventMemories stored, TimeProvider time) : IDisposable
{
    readonly SemaphoreSlim _turn = new(1, 1);
    readonly Dictionary<CarId, Known> _cars = [];

    /// <summary>Works with a car's memory, which is read from the database first if need be.</summary>
    /// <param name="use">What was remembered and since when the car is watched, to what is remembered from now on.</param>
    /// <exception cref="NpgsqlException">The memory is not known yet, and the database is away; nothing was done.</exception>
    public async Task UseAsync(CarId car, Func<CarMemory, DateTimeOffset, CarMemory> use, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (!_cars.TryGetValue(car, out var known))
                known = new Known(await stored.OfCarAsync(car, cancellationToken), time.GetUtcNow(), IsSaved: true);
            var memory = use(known.Memory, known.Since);
            _cars[car] = memory == known.Memory ? known : known with { Memory = memory, IsSaved = false };
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Saves what has changed since it was saved last.</summary>
    /// <exception cref="NpgsqlException">The database is away; it is tried again next time.</exception>
    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            foreach (var (car, known) in _cars.Where(entry => !entry.Value.IsSaved).ToList())
            {
                await stored.SaveAsync(car, known.Memory, cancellationToken);
                _cars[car] = known with { IsSaved = true };
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The car is logged here no more.</summary>
    public async Task ForgetAsync(CarId car, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_cars.Remove(car, out var known) && !known.IsSaved)
                await stored.SaveAsync(car, known.Memory, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    sealed record Known(CarMemory Memory, DateTimeOffset Since, bool IsSaved);
}
