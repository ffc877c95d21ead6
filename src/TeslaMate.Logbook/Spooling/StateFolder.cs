using TeslaMate.Configuration;

namespace TeslaMate.Logbook.Spooling;

/// <summary>
/// The folder that outlives the process. Its lock file is held by one process at a time; its number is what makes the next process the same
/// instance, which takes its cars over without waiting and continues what waits here.
/// </summary>
sealed class StateFolder : IDisposable
{
    /// <summary>The most processes that share a folder.</summary>
    const int Most = 16;

    readonly string _root;
    readonly FileStream _lock;

    StateFolder(string root, string path, Guid instance, FileStream @lock)
    {
        (_root, Path, Instance, _lock) = (root, path, instance, @lock);
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
            var folder = Numbered(path, number);
            PrivateFiles.CreateFolder(folder);
            FileStream @lock;
            try
            {
                @lock = Lock(LockOf(folder));
            }
            catch (IOException) when (number < Most && File.Exists(LockOf(folder)))
            {
                continue;
            }

            return new StateFolder(path, folder, InstanceOf(folder), @lock);
        }
    }

    /// <summary>Whether something waits for a car in the folders beside this one, whoever works there.</summary>
    public bool HasNeighbour(CarId car) => Neighbours(car).Any();

    /// <summary>What waits for a car in the folders beside this one whose process is gone.</summary>
    /// <returns>Null when another process is looking at this moment: it locks folders too, as if somebody worked there.</returns>
    public OrphanedSpools? TryLookBeside(CarId car)
    {
        List<IDisposable> locks = [];
        List<OrphanedSpool> found = [];
        try
        {
            locks.Add(Lock(System.IO.Path.Combine(_root, "inheritance")));
        }
        catch (IOException)
        {
            return null;
        }

        foreach (var folder in Neighbours(car))
        {
            try
            {
                locks.Add(Lock(LockOf(folder)));
                if (SpoolFile.EpochOf(SpoolOf(folder, car)) is { } epoch)
                    found.Add(new(SpoolOf(folder, car), epoch));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Somebody works there, and writes it himself.
            }
        }

        return new(found, locks);
    }

    public string SpoolOf(CarId car) => SpoolOf(Path, car);

    /// <summary>Entries that the database can never accept, one JSON object a line.</summary>
    public string RefusedOf(CarId car) => System.IO.Path.Combine(Path, $"car-{car}.refused.jsonl");

    public void Dispose() => _lock.Dispose();

    IEnumerable<string> Neighbours(CarId car)
        => Enumerable.Range(1, Most).Select(number => Numbered(_root, number)).Where(folder => folder != Path && File.Exists(SpoolOf(folder, car)));

    static string Numbered(string root, int number) => number == 1 ? root : System.IO.Path.Combine(root, $"{number}");

    static string SpoolOf(string folder, CarId car) => System.IO.Path.Combine(folder, $"car-{car}.spool");

    static string LockOf(string folder) => System.IO.Path.Combine(folder, "lock");

    // .NET locks the file by flock, which ends with the process however it ends.
    static FileStream Lock(string file) => PrivateFiles.Open(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    static Guid InstanceOf(string folder)
    {
        var file = System.IO.Path.Combine(folder, "instance");
        if (File.Exists(file) && Guid.TryParse(File.ReadAllText(file), out var known))
            return known;
        var instance = Guid.NewGuid();
        using (var writer = new StreamWriter(PrivateFiles.Open(file + ".new", FileMode.Create, FileAccess.Write, FileShare.None)))
            writer.Write($"{instance}\n");
        File.Move(file + ".new", file, overwrite: true);
        return instance;
    }
}

/// <summary>The spool of a process that is gone.</summary>
sealed record OrphanedSpool(string Path, Guid Epoch);

/// <summary>Some of them, in folders that nobody else can open until disposal.</summary>
sealed class OrphanedSpools(IReadOnlyList<OrphanedSpool> found, IReadOnlyList<IDisposable> locks) : IDisposable
{
    public static OrphanedSpools None { get; } = new([], []);

    public IReadOnlyList<OrphanedSpool> Found => found;

    public void Dispose()
    {
        foreach (var held in locks)
            held.Dispose();
    }
}
