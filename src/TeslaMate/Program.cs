namespace TeslaMate;

static class Program
{
    static int Main() => 0;
}
