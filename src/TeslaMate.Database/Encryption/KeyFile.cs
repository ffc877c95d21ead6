using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TeslaMate.Database.Encryption;

/// <summary>
/// A file that may hold the key. In a folder that is everybody's, such as <c>/tmp</c>, it must be one that nobody else could have put there.
/// </summary>
abstract partial record KeyFile
{
    KeyFile() { }

    public sealed record Found(byte[] Text) : KeyFile;

    /// <summary>It is not there, or not for us to read.</summary>
    public sealed record Missing : KeyFile;

    /// <param name="Reason">What is wrong with the file, as the end of a sentence about it.</param>
    public sealed record Refused(string Reason) : KeyFile;

    /// <summary>Reads a file; its content is the key as it is.</summary>
    public static KeyFile Read(string path)
    {
        try
        {
            return File.GetUnixFileMode(Path.GetDirectoryName(path)!).HasFlag(UnixFileMode.OtherWrite)
                ? ReadAmongStrangers(path) : new Found(File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Missing();
        }
    }

    static KeyFile ReadAmongStrangers(string path)
    {
        using var file = Libc.Open(path, Libc.ReadOnly | Libc.NoFollow | Libc.NonBlocking | Libc.CloseOnExec);
        if (file.IsInvalid)
            return Marshal.GetLastPInvokeError() == Libc.TooManyLinks ? new Refused("is a symbolic link") : new Missing();
        // Asked of the open file: the name may point elsewhere by now.
        if (Libc.Status(file, "", Libc.OfDescriptor, Libc.TypeModeAndOwner, out var status) != 0)
            return new Missing();
        if ((status.Mode & Libc.TypeMask) != Libc.RegularFile)
            return new Refused("is no regular file");
        if (status.Owner != 0 && status.Owner != Libc.EffectiveUser())
            return new Refused("belongs to another user");
        if ((status.Mode & Libc.OthersMayWrite) != 0)
            return new Refused("can be written by others");
        var text = new byte[RandomAccess.GetLength(file)];
        return new Found(text[..RandomAccess.Read(file, text, fileOffset: 0)]);
    }

    /// <summary>Laid out for Linux, glibc and musl.</summary>
    static partial class Libc
    {
        public const int ReadOnly = 0, NonBlocking = 0x800, CloseOnExec = 0x80000, TooManyLinks = 40;
        public const int OfDescriptor = 0x1000;
        public const uint TypeModeAndOwner = 0x1 | 0x2 | 0x8;
        public const ushort TypeMask = 0xF000, RegularFile = 0x8000, OthersMayWrite = 0b_010_010;

        public static int NoFollow
            => RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le ? 0x8000 : 0x20000;

        [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial SafeFileHandle Open(string path, int flags);

        [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int Status(SafeFileHandle file, string path, int flags, uint mask, out FileStatus status);

        [LibraryImport("libc", EntryPoint = "geteuid")]
        public static partial uint EffectiveUser();
    }

    /// <summary><c>struct statx</c>, which is the same on every machine.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct FileStatus
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(28)]
        public ushort Mode;
    }
}
