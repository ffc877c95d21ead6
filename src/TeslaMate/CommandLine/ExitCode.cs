namespace TeslaMate.CommandLine;

/// <summary>What the program tells its caller when it ends.</summary>
static class ExitCode
{
    public const int Ok = 0;

    /// <summary>It did not work; the message says why and what to do.</summary>
    public const int Failure = 1;

    /// <summary>The command line was not understood.</summary>
    public const int Usage = 2;

    /// <summary>A setting cannot be used (<c>EX_CONFIG</c> of <c>sysexits.h</c>); trying again with the same settings is in vain.</summary>
    public const int Configuration = 78;

    /// <summary>Ended by Ctrl-C or a request to stop.</summary>
    public const int Interrupted = 130;
}
