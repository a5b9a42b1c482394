namespace Verified.Proofs.Bench;

/// <summary>
/// Measures the processor time of the process: on a shared machine it says what one core does, where wall-clock time
/// says how busy the machine is. Only for work that one thread does.
/// </summary>
internal readonly struct CoreClock
{
    private readonly TimeSpan _start;

    private CoreClock(TimeSpan start) => _start = start;

    public double Seconds => (Environment.CpuUsage.TotalTime - _start).TotalSeconds;

    public static CoreClock Start() => new(Environment.CpuUsage.TotalTime);
}
