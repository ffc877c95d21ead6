namespace TeslaMate.Api.Data.Resources;

/// <summary>The owner's tags of a row, as an array; there is no way yet to give any.</summary>
static class TagsSql
{
    public const string OfDrive = "array[]::text[]";

    public const string OfProcess = "array[]::text[]";
}
