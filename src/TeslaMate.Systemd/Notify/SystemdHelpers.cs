using System.Globalization;

namespace TeslaMate.Systemd.Notify;

public static class SystemdHelpers
{
    /// <summary>Whether this process was started by systemd as (part of) a service.</summary>
    public static bool IsSystemdService()
        => IsSystemdService(Environment.GetEnvironmentVariable, Environment.ProcessId);

    internal static bool IsSystemdService(Func<string, string?> variable, int processId)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        if (processId == 1)
            return variable("NOTIFY_SOCKET") is { Length: > 0 };
        // Set by systemd 248 and newer to the pid of the process it started; a child that inherited the variable has another pid.
        if (variable("SYSTEMD_EXEC_PID") is { } started)
            return int.TryParse(started, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid == processId;
        return variable("NOTIFY_SOCKET") is { Length: > 0 } && variable("INVOCATION_ID") is { Length: > 0 };
    }
}
