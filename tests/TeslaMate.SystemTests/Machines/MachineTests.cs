namespace TeslaMate.SystemTests.Machines;

/// <summary>All tests on a booted machine. One at a time: machines are heavy, and their tests watch the clock of systemd.</summary>
[CollectionDefinition(Name)]
public sealed class MachineTests
{
    public const string Name = "machine";
}
