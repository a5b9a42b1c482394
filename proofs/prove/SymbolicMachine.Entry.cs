using Verified.Proofs.Values;

namespace Verified.Proofs.Prove;

/// <summary>How a run starts: by the user's instruction, at an interrupt line, or with the kernel's own step.</summary>
public sealed partial class SymbolicMachine
{
    private void Enter(Way way, Symbolic errorCode)
    {
        switch (way.Kind)
        {
            case WayKind.Interrupt:
                _path.RequireOfProcessor([
                    (
                        _cpu.InterruptsEnabled & !_cpu.InterruptShadow,
                        $"the processor takes an interrupt at cut point {_start.Name}"
                    ),
                ]);
                _cpu.ExternalInterrupt(way.Vector);
                break;
            case WayKind.Exception or WayKind.SystemCall when way.Instruction is { } instruction:
                _execution.ExecuteOfUser(instruction);
                break;
            case WayKind.Exception:
                _cpu.DeliverFault(way.Vector, way.HasErrorCode ? (Symbolic?)errorCode : null);
                break;
            case WayKind.Own when _start == _image.Points.Idle:
                // Not halted: after an interrupt, or at the HLT itself.
                _cpu.Halted = false;
                _cpu.Eip = _cpu.Eip == _image.IdleHalt ? _image.IdleHalt : _image.IdleHalt + 1;
                break;
        }

        if (_cpu.Cpl != 0)
            throw _path.Refuted($"{way.Name} does not enter ring 0");
    }
}
