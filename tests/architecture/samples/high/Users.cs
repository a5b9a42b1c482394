using Verified.Tests.Architecture.Samples.Low;

namespace Verified.Tests.Architecture.Samples.High;

// Each type refers to the low layer once, in the way that its name says.
#pragma warning disable CA1812, CA1822, CA1823, CS0169, CS0219, IDE0051, IDE0044, IDE0060

internal sealed class ByBase : Sample;

internal sealed class ByInterface : ISample;

internal sealed class ByField
{
    private List<Sample[]>? field;
}

internal sealed class ByParameter
{
    public void Take(Sample? sample) { }
}

internal sealed class ByConstraint<T>
    where T : ISample;

[Sample]
internal sealed class ByAttribute;

internal sealed class ByCall
{
    public void Run() => Sample.Do();
}

internal sealed class ByGenericCall
{
    public int Run() => Activator.CreateInstance<List<Sample>>().Count;
}

internal sealed class ByStaticField
{
    public bool Run() => Sample.Made is null;
}

internal sealed class ByTypeOf
{
    public string Run() => typeof(Sample).Name;
}

internal sealed class ByCatch
{
    public bool Run()
    {
        try
        {
            return Environment.ProcessId > 0;
        }
        catch (Sample)
        {
            return false;
        }
    }
}

internal sealed class ByLambda
{
    public Func<int> Run() => () => Sample.Made.Length;
}

internal sealed class ByIterator
{
    public IEnumerable<int> Run()
    {
        yield return Sample.Made.Length;
    }
}

internal sealed class BySwitch
{
    public int Run(int number) =>
        number switch
        {
            0 => 3,
            1 => 5,
            2 => 9,
            3 => 6,
            _ => Sample.Made.Length,
        };
}
