using System.Text.Json;

namespace TeslaMate.SystemTests.Machines;

/// <summary>What <c>nix/module.nix</c> puts on a machine, evaluated with <c>nix/tests/machine.nix</c>.</summary>
sealed record NixMachine(
    IReadOnlyDictionary<string, string> Units, IReadOnlyDictionary<string, string> Scripts, IReadOnlyList<string> Programs,
    IReadOnlyList<string> Commands,
    IReadOnlyList<string> Tmpfiles)
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <param name="configuration">A NixOS configuration as a Nix expression.</param>
    public static async Task<NixMachine> RenderAsync(string configuration)
    {
        var rendered = await Shell.RunAsync("nix-instantiate", "--eval", "--strict", "--json", "--store", "dummy://",
            Path.Combine(Publication.Repository, "nix/tests/machine.nix"), "-A", "rendered", "--arg", "configuration", configuration);
        return JsonSerializer.Deserialize<NixMachine>(rendered.Succeeded(), Json) ?? throw new InvalidOperationException("Nothing was rendered.");
    }
}
