namespace TeslaMate.Logbook;

/// <summary>The reference's texts for what is wrong with a field (spec logbook 1.2); translations of the pages know them.</summary>
public static class Problem
{
    public const string Blank = "can't be blank";

    public const string Invalid = "is invalid";

    public const string Taken = "has already been taken";

    public const string NotSupported = "is not supported";
}
