using Verified.Proofs.Events;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Section 14, the trap address: INT 80h and exchange_trap.</summary>
public sealed class TrapSentences : Scenario
{
    private const uint At = Code + 0x800,
        Handler = Code + 0x900,
        UserFlags = 0x202,
        Resume = 0x10000,
        InFirstPages = Page << 12 | 0x800;

    private static readonly UserInstruction Int = UserInstruction.Of(0xCD, 0x80);

    private void Trap(uint eip = At) => Enter(A, Entry.Trap, eip: eip, by: Int);

    private void HasTrapAddress(uint address, uint thread = A) => Is(address, s => s.TrapAddress, thread);

    [Fact, Sentence("14.18")]
    public void A_new_thread_has_trap_address_0()
    {
        Enter(A, Entry.LthreadExRegs, eax: 2, ecx: 0x9000, edx: Code, ebx: None, esi: None);
        HasTrapAddress(0, A + 2);
    }

    [Fact, Sentence("14.18", "9.3")]
    public void A_new_incarnation_has_trap_address_0()
    {
        (S.TrapAddress[B], S.Mappings.Chief[TaskOf(B)]) = (Handler, TaskOf(A));
        Enter(A, Entry.TaskNew, eax: 0, ecx: 0x9000, edx: Code, ebx: Id(A), esi: Id(B));
        Is(B, eip: Code);
        HasTrapAddress(0, B);
    }

    [Theory, Sentence("14.19", "2.2", "2.3")]
    [InlineData(0u, 0x1000u)]
    [InlineData(0x2000u, 0u)]
    [InlineData(0xFFFFFFFFu, 0x2000u)]
    public void Exchange_trap_exchanges_eax_and_the_trap_address(uint eax, uint address)
    {
        const uint flags = UserFlags | 0x8D5;
        S.TrapAddress[A] = address;
        Enter(A, Entry.ExchangeTrap, eax, 2, 3, 4, 5, 6, 7, At, flags);
        Is(A, ThreadStatus.Ready, address, 2, 3, 4, 5, 6, 7, 0x8000 + A, At, flags);
        HasTrapAddress(eax);
    }

    [Fact, Sentence("14.20", "14.21", "14.22")]
    public void Int_80h_exchanges_eip_and_the_trap_address()
    {
        S.TrapAddress[A] = Handler;
        Enter(A, Entry.Trap, 1, 2, 3, 4, 5, 6, 7, At, UserFlags | 0x8D5, by: Int);
        Runs(A);
        Is(A, ThreadStatus.Ready, 1, 2, 3, 4, 5, 6, 7, 0x8000 + A, Handler, UserFlags | 0x8D5 | Resume);
        HasTrapAddress(At + 2);
    }

    [Fact, Sentence("14.21")]
    public void Prefixes_of_the_int_are_not_counted()
    {
        S.TrapAddress[A] = Handler;
        Enter(A, Entry.Trap, eip: At, by: UserInstruction.Of(0x66, 0xF3, 0xCD, 0x80));
        Is(A, eip: Handler);
        HasTrapAddress(At + 2);
    }

    [Fact, Sentence("14.19", "14.20", "14.21")]
    public void A_handler_learns_where_to_return_and_sets_the_trap_address_again()
    {
        S.TrapAddress[A] = Handler;
        Trap();
        Enter(A, Entry.ExchangeTrap, eax: Handler, eip: Handler + 0x10);
        Is(A, eax: At + 2);
        Trap(At + 0x40);
        HasTrapAddress(At + 0x42);
    }

    [Fact, Sentence("14.23", "14.10")]
    public void Without_a_trap_address_int_80h_is_reported()
    {
        S.Pager[A] = Id(B);
        Wait(B);
        Enter(A, Entry.Protection, eip: At, argument: Int.FirstDword, code: FaultMessage.TrapCode, by: Int);
        Is(B, ThreadStatus.Ready, edx: 0x04020D01, ebx: At);
        HasTrapAddress(0);
    }

    [Theory, Sentence("14.20", "2.5")]
    [InlineData(0x81u)]
    [InlineData(0x7Fu)]
    [InlineData(0x20u)]
    public void Any_other_vector_is_reported_though_there_is_a_trap_address(uint vector)
    {
        (S.Pager[A], S.TrapAddress[A]) = (Id(B), Handler);
        Wait(B);
        var code = UserInstruction.Of(0xCD, (byte)vector);
        Enter(A, Entry.Protection, argument: code.FirstDword, code: vector * 8 + 2, by: code);
        Is(B, ThreadStatus.Ready, edx: (vector * 8 + 2) << 16 | 0x0D01);
        HasTrapAddress(Handler);
    }

    [Theory, Sentence("14.24", "12.6")]
    [InlineData(InFirstPages + 0x100, true)]
    [InlineData(Handler, false)]
    public void Neither_exchange_makes_a_small_space_large(uint address, bool isSmall)
    {
        const uint number = 5;
        (S.Priority[A], S.Eip[A], S.Mappings.Small[TaskOf(A)]) = (Usual + 1, InFirstPages, number);
        Enter(A, Entry.ExchangeTrap, eax: address, eip: InFirstPages);
        Assert.True(RunsSmall);
        Trap(InFirstPages);
        Is(A, eip: address);
        HasTrapAddress(InFirstPages + 2);
        Assert.Equal(isSmall, RunsSmall);
        Is(number, s => s.Mappings.Small, TaskOf(A));
    }

    [Fact, Sentence("14.25")]
    public void Ex_regs_and_messages_keep_the_trap_address()
    {
        (S.TrapAddress[A2], S.TrapAddress[B]) = (Handler, Handler + 1);
        Enter(A, Entry.LthreadExRegs, eax: 1, ecx: 0x9000, edx: Code, ebx: None, esi: None);
        Wait(B);
        Send(A2, B);
        HasTrapAddress(Handler, A2);
        HasTrapAddress(Handler + 1, B);
    }
}
