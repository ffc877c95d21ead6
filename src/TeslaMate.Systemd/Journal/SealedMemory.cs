using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TeslaMate.Systemd.Journal;

/// <summary>
/// Hands a large block of bytes to the owner of a unix socket: the bytes go into a sealed memory file whose descriptor travels in an empty datagram.
/// Laid out for 64-bit Linux, glibc and musl.
/// </summary>
static partial class SealedMemory
{
    /// <summary>Sends <paramref name="content"/>.</summary>
    /// <exception cref="Win32Exception">The kernel refused one of the steps.</exception>
    public static unsafe void Send(Socket socket, byte[] socketAddress, ReadOnlySpan<byte> content)
    {
        using var memory = new SafeFileHandle(Check(Libc.MemfdCreate("teslamate-journal", Libc.MfdCloexec | Libc.MfdAllowSealing)), ownsHandle: true);
        RandomAccess.Write(memory, content, fileOffset: 0);
        // journald reads only from a file that nobody can change or shrink any more.
        Check(Libc.Fcntl(memory, Libc.FAddSeals, Libc.SealEverything));

        var control = new ControlMessage
        {
            Length = (nuint)(sizeof(nuint) + (3 * sizeof(int))),
            Level = Libc.SolSocket,
            Type = Libc.ScmRights,
            Descriptor = memory.DangerousGetHandle().ToInt32(),
        };
        fixed (byte* name = socketAddress)
        {
            var header = new MessageHeader
            {
                Name = name,
                NameLength = (uint)socketAddress.Length,
                Control = &control,
                ControlLength = (nuint)sizeof(ControlMessage),
            };
            Check((int)Libc.SendMessage(socket.SafeHandle, &header, Libc.MsgNoSignal));
        }

        GC.KeepAlive(memory);
    }

    static int Check(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    /// <summary><c>struct msghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    unsafe struct MessageHeader
    {
        public byte* Name;
        public uint NameLength;
        public void* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary><c>struct cmsghdr</c> with one descriptor, padded to a multiple of 8 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct ControlMessage
    {
        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
        public int Padding;
    }

    static partial class Libc
    {
        public const uint MfdCloexec = 1, MfdAllowSealing = 2;
        public const int FAddSeals = 1033;
        /// <summary>F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_WRITE.</summary>
        public const int SealEverything = 0xF;
        public const int SolSocket = 1, ScmRights = 1, MsgNoSignal = 0x4000;

        [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int MemfdCreate(string name, uint flags);

        [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
        public static partial int Fcntl(SafeFileHandle descriptor, int command, int argument);

        [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
        public static unsafe partial nint SendMessage(SafeSocketHandle socket, MessageHeader* message, int flags);
    }
}
