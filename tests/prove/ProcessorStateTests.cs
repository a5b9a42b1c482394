using System.Reflection;
using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>
/// The list of processor state has every field of the processor, and each cut point states the condition of each entry.
/// </summary>
public sealed class ProcessorStateTests
{
    private const BindingFlags Everything = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly IReadOnlyList<ProcessorField<Concrete, PcBus>> Fields = ProcessorState<Concrete, PcBus>.All;

    [Fact]
    public void Every_field_of_the_processor_and_of_its_segments_is_in_the_list()
    {
        var listed = Fields.SelectMany(field => field.Members).ToHashSet();
        var fields = FieldNames(typeof(Ia32<Concrete, PcBus>)).Concat(FieldNames(typeof(Segment<Concrete>)));
        Assert.DoesNotContain(fields, name => !listed.Contains(name));
    }

    [Fact]
    public void Every_entry_names_members_that_exist()
    {
        var members = ((Type[])[typeof(Ia32<Concrete, PcBus>), typeof(Segment<Concrete>)])
            .SelectMany(type => type.GetMembers(Everything))
            .Select(member => member.Name)
            .ToHashSet();
        Assert.All(Fields, field => Assert.All(field.Members, member => Assert.Contains(member, members)));
        Assert.All(Fields, field => Assert.NotEmpty(field.Members));
        Assert.Equal(Fields.Count, Fields.Select(field => field.Name).Distinct().Count());
    }

    [Fact]
    public void Every_cut_point_says_what_holds_of_every_entry_and_of_nothing_else()
    {
        var names = Fields.Where(field => field.Read is not null).Select(field => field.Name).Order().ToList();
        foreach (var point in CutPoints.Of(new Layout(Limits.Shipping)).All)
            Assert.Equal(names, point.Contract.Keys.Order());
    }

    [Fact]
    public void Every_flag_is_one_entry() =>
        Assert.Equal(uint.MaxValue, ProcessorNames.Eflags.Aggregate(0u, (all, flag) =>
            {
                Assert.Equal(0u, all & flag.Mask);
                return all | flag.Mask;
            }));

    [Fact]
    public void What_is_written_through_the_list_is_read_through_it()
    {
        var cpu = new Pc().Cpu;
        var value = 0u;
        foreach (var field in Fields.Where(field => field.Write is not null && field.Read is not null))
        {
            var mask = ProcessorNames.Eflags.FirstOrDefault(flag => flag.Name == field.Name).Mask;
            var written =
                mask != 0 ? mask
                : field.Name is "CPL" or "halted state" or "interrupt shadow" or "NMI block" or "armed breakpoints" ? 1
                : ++value;
            field.Write!(cpu, written);
            Assert.True(field.Read!(cpu).Value == written, field.Name);
        }
    }

    private static IEnumerable<string> FieldNames(Type type) =>
        type.GetFields(Everything)
            .Select(field =>
                field.Name.StartsWith('<')
                    ? field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)]
                    : field.Name
            );
}
