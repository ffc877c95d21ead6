namespace TeslaMate.Configuration;

/// <summary>Files and folders that nobody but the program's user may read: they hold where cars were.</summary>
public static class PrivateFiles
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes a folder, mode 0700, or takes others' rights from one that is there.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        Protect(path);
    }

    /// <summary>Opens or makes a file, mode 0600; takes others' rights from one that is there.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static FileStream Open(string path, FileMode mode, FileAccess access, FileShare share, int bufferSize = 4096)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share, BufferSize = bufferSize };
        if (OperatingSystem.IsWindows())
            return new FileStream(path, options);
        if (mode is not (FileMode.Open or FileMode.Truncate))
            options.UnixCreateMode = OwnerOnly;
        var file = new FileStream(path, options);
        Protect(path);
        return file;
    }

    static void Protect(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        try
        {
            if (File.GetUnixFileMode(path) is var mode && (mode & Others) != 0)
                File.SetUnixFileMode(path, mode & ~Others);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is somebody else's, who decides who may read it.
        }
    }
}
