namespace TeslaMate.Vehicles.Loop;

/// <summary>Tasks that were started and must be awaited before their owner is gone.</summary>
sealed class TaskSet
{
    readonly Lock _lock = new();
    readonly List<Task> _running = [];

    public void Add(Task task)
    {
        lock (_lock)
        {
            _running.RemoveAll(earlier => earlier.IsCompletedSuccessfully);
            if (!task.IsCompletedSuccessfully)
                _running.Add(task);
        }
    }

    public Task WhenAllAsync()
    {
        lock (_lock)
            return Task.WhenAll(_running);
    }
}
