namespace TeslaMate.Logbook.Spooling;

/// <summary>
/// The folder that outlives the process. Its lock file is held by one process at a time; its number is what makes the next process the same instance, which
/// takes its cars over without waiting and continues what waits here.
/// </summary>
sealed class StateFolder : IDisposable
{
    readonly FileStream _lock;

    StateFolder(string path, Guid instance, FileStream @lock)
    {
        (Path, Instance, _lock) = (path, instance, @lock);
    }

    public string Path { get; }

    public Guid Instance { get; }

    /// <summary>Opens the folder or, when another process works in it, the first free one beside it (<c>2</c>, <c>3</c>, ... inside).</summary>
    /// <exception cref="IOException">No folder can be written to; the message names the reason.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static StateFolder Open(string path)
    {
        for (var number = 1; ; number++)
        {
            var folder = number == 1 ? path : System.IO.Path.Combine(path, $"{number}");
            Directory.CreateDirectory(folder);
            FileStream @lock;
            try
            {
                // .NET locks the file by flock, which ends with the process however it ends.
                @lock = new FileStream(System.IO.Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (number < 16 && File.Exists(System.IO.Path.Combine(folder, "lock")))
            {
                continue;
            }

            return new StateFolder(folder, InstanceOf(folder), @lock);
        }
    }

    public string SpoolOf(CarId car) => System.IO.Path.Combine(Path, $"car-{car}.spool");

    /// <summary>Entries that the database can never accept, one JSON object a line.</summary>
    public string RefusedOf(CarId car) => System.IO.Path.Combine(Path, $"car-{car}.refused.jsonl");

    public void Dispose() => _lock.Dispose();

    static Guid InstanceOf(string folder)
    {
        var file = System.IO.Path.Combine(folder, "instance");
        if (File.Exists(file) && Guid.TryParse(File.ReadAllText(file), out var known))
            return known;
        var instance = Guid.NewGuid();
        File.WriteAllText(file + ".new", $"{instance}\n");
        File.Move(file + ".new", file, overwrite: true);
        return instance;
    }
}
