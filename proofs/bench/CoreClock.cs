namespace Verified.Proofs.Bench;

/// <summary>
/// Measures the processor time of the process. On a shared machine this shows the work of one core; wall-clock time
/// shows how busy the machine is. Use it only for work that one thread does.
/// </summary>
internal readonly struct CoreClock
{
    private readonly TimeSpan _start;

    private CoreClock(TimeSpan start) => _start = start;

    public double Seconds => (Environment.CpuUsage.TotalTime - _start).TotalSeconds;

    public static CoreClock Start() => new(Environment.CpuUsage.TotalTime);
}
