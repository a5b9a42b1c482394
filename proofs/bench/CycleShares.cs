namespace Verified.Proofs.Bench;

/// <summary>The parts of the system that took cycles, and the files of the microkernel's code.</summary>
public sealed class CycleShares
{
    private const int Files = 3;

    // A smaller part is left out of the text.
    private const double Least = 0.005;

    private readonly Dictionary<Runner, long> _runners = [];
    private readonly Dictionary<string, long> _files = [];

    /// <summary>The cycles of each part.</summary>
    public IReadOnlyDictionary<Runner, long> Runners => _runners;

    /// <summary>The cycles of each file of the microkernel's code, if they are known.</summary>
    public IReadOnlyDictionary<string, long> KernelFiles => _files;

    /// <summary>The cycles of all of these in which instructions waited for caches and translations.</summary>
    public long Waited { get; private set; }

    /// <summary>Adds an instruction.</summary>
    /// <param name="runner">The part that executed it.</param>
    /// <param name="cycles">Its cycles.</param>
    /// <param name="waited">Those of them in which it waited.</param>
    /// <param name="file">The file of the microkernel's code; null if there is none.</param>
    public void Add(Runner runner, int cycles, int waited = 0, string? file = null)
    {
        _runners[runner] = _runners.GetValueOrDefault(runner) + cycles;
        Waited += waited;
        if (file is not null)
            _files[file] = _files.GetValueOrDefault(file) + cycles;
    }

    /// <summary>The shares of all parts, largest first, and of the kernel's files with the most cycles.</summary>
    public override string ToString()
    {
        var all = (double)_runners.Values.Sum();
        string Share(long cycles) => $"{cycles / all:P0}";
        var files = string.Join(
            ", ",
            Largest(_files, all).Take(Files).Select(file => $"{Path.GetFileName(file.Key)} {Share(file.Value)}")
        );
        var parts = Largest(_runners, all)
            .Select(part =>
                $"{Name(part.Key)} {Share(part.Value)}"
                + (part.Key == Runner.Kernel && files.Length > 0 ? $" ({files})" : "")
            );
        return $"{string.Join(", ", parts)}; of all, {Share(Waited)} wait for caches and translations";
    }

    private static IEnumerable<KeyValuePair<T, long>> Largest<T>(Dictionary<T, long> shares, double all)
        where T : notnull => shares.Where(share => share.Value / all >= Least).OrderByDescending(share => share.Value);

    private static string Name(Runner runner) =>
        runner switch
        {
            Runner.Program => "programs",
            Runner.Library => "library",
            Runner.Kernel => "microkernel",
            Runner.Server => "server",
            _ => throw new ArgumentOutOfRangeException(nameof(runner)),
        };
}
