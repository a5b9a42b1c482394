using System.Runtime.CompilerServices;

namespace Verified.Machine.Processor;

/// <summary>
/// The test registers of the 386 and 486. A self-test uses them to write and look up entries of a TLB of eight sets and
/// four blocks (80386 Programmer's Reference Manual, 10.6). Tests run with paging off, so this TLB is separate from the
/// translating one in <see cref="Memory.Mmu"/>. TR3..TR5 of the 486 are for its cache. There is no cache here, and
/// these registers keep the values written.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private const int TestCommand = 6,
        TestData = 7,
        FirstCacheTest = 3,
        TestSets = 8,
        TestBlocks = 4;
    private const uint LookUp = 1,
        TestValid = 1 << 11,
        TestHit = 1 << 4,
        TestPage = 0xFFFFF000;

    /// <summary>Dirty, user and writable in TR6. The bit below each one is its complement.</summary>
    private static readonly int[] TestAttributes = [10, 8, 6];

    private TestState _test;

    // If no program uses the test registers, their state need not be copied.
    private bool _testUsed;

    private struct TestState
    {
        public TestWords Registers,
            Tags,
            Frames;

        /// <summary>The block that is replaced next if TR7 names none.</summary>
        public uint Next;
    }

    [InlineArray(TestSets * TestBlocks)]
    private struct TestWords
    {
        private uint _first;
    }

    private void CopyTest(Ia32<W, TBus> other)
    {
        if (_testUsed || other._testUsed)
            (_test, _testUsed) = (other._test, other._testUsed);
    }

    private void RequireTest(int number)
    {
        if (Model > ProcessorModel.I486 || number < (Model == ProcessorModel.I386 ? TestCommand : FirstCacheTest))
            throw Fault.UndefinedOpcode();
    }

    private void WriteTest(int number, W value)
    {
        _testUsed = true;
        _test.Registers[number] = Known(value, "a test register");
        if (number != TestCommand)
            return;
        if ((_test.Registers[TestCommand] & LookUp) != 0)
            LookUpTest();
        else
            WriteTestEntry();
    }

    private void LookUpTest()
    {
        var wanted = _test.Registers[TestCommand];
        ref var data = ref _test.Registers[TestData];
        data &= ~TestHit;
        for (uint block = 0; block < TestBlocks; block++)
        {
            var at = TestEntry(wanted, block);
            if (!Matches(_test.Tags[at], wanted))
                continue;
            data = _test.Frames[at] | TestHit | block << 2;
            return;
        }
    }

    // An attribute with its complement also set matches both values; with both clear it matches nothing.
    private static bool Matches(uint tag, uint wanted)
    {
        if ((tag & TestValid) == 0 || ((tag ^ wanted) & TestPage) != 0)
            return false;
        foreach (var bit in TestAttributes)
            if ((wanted & ((tag >> bit & 1) != 0 ? 1u << bit : 1u << bit - 1)) == 0)
                return false;
        return true;
    }

    private void WriteTestEntry()
    {
        var data = _test.Registers[TestData];
        var block = (data & TestHit) != 0 ? data >> 2 & 3 : _test.Next++ & 3;
        var at = TestEntry(_test.Registers[TestCommand], block);
        (_test.Tags[at], _test.Frames[at]) = (_test.Registers[TestCommand], data & TestPage);
    }

    private static int TestEntry(uint linear, uint block) => (int)(block * TestSets + (linear >> 12 & TestSets - 1));
}
