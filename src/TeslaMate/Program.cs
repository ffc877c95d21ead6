using TeslaMate.CommandLine;

namespace TeslaMate;

static class Program
{
    static Task<int> Main(string[] args) => new ProgramCommand().RunAsync(args, Console.Out, Console.Error);
}
