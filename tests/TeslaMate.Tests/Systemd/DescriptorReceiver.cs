using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TeslaMate.Tests.Systemd;

/// <summary>Receives a datagram that carries one file descriptor, as journald does.</summary>
static class DescriptorReceiver
{
    const int GetSeals = 1034;

    /// <summary>The whole content of the received file, and its seals.</summary>
    public static (byte[] Content, int Seals) Receive(Socket socket)
    {
        // struct msghdr (56 bytes) with one struct iovec of one byte and room for one descriptor.
        var header = Marshal.AllocHGlobal(56);
        var vector = Marshal.AllocHGlobal(16);
        var data = Marshal.AllocHGlobal(16);
        var control = Marshal.AllocHGlobal(24);
        try
        {
            new byte[56].CopyTo(header);
            Marshal.WriteIntPtr(vector, data);
            Marshal.WriteIntPtr(vector, 8, 16);
            Marshal.WriteIntPtr(header, 16, vector);
            Marshal.WriteIntPtr(header, 24, 1);
            Marshal.WriteIntPtr(header, 32, control);
            Marshal.WriteIntPtr(header, 40, 24);
            recvmsg(socket.SafeHandle.DangerousGetHandle().ToInt32(), header, 0).ShouldBe(0, "the datagram itself is empty");
            using var file = new SafeFileHandle(Marshal.ReadInt32(control, 16), ownsHandle: true);
            var content = new byte[RandomAccess.GetLength(file)];
            RandomAccess.Read(file, content, fileOffset: 0).ShouldBe(content.Length);
            return (content, fcntl(file.DangerousGetHandle().ToInt32(), GetSeals, 0));
        }
        finally
        {
            Marshal.FreeHGlobal(header);
            Marshal.FreeHGlobal(vector);
            Marshal.FreeHGlobal(data);
            Marshal.FreeHGlobal(control);
        }
    }

    static void CopyTo(this byte[] bytes, nint target) => Marshal.Copy(bytes, 0, target, bytes.Length);

#pragma warning disable SYSLIB1054, CA5392 // LibraryImport would need unsafe code in the whole test project.
    [DllImport("libc", SetLastError = true)]
    static extern nint recvmsg(int socket, nint message, int flags);

    [DllImport("libc", SetLastError = true)]
    static extern int fcntl(int descriptor, int command, int argument);
#pragma warning restore SYSLIB1054, CA5392
}
