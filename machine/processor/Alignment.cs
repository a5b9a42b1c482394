namespace Verified.Machine.Processor;

/// <summary>
/// Alignment checks: with CR0.AM and EFLAGS.AC set, a misaligned access of ring 3 raises #AC (SDM vol. 3, 6.15). While
/// checks are on, no segment counts as flat, so every access takes the path that checks alignment.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private bool _checksAlignment;

    /// <summary>Must be called after a change of CR0, EFLAGS, CPL or a segment register.</summary>
    public void UpdateAlignment()
    {
        var masked = (Known(Cr0, "CR0") & ControlBit.AlignmentMask & _model.Control0) != 0;
        if (!masked && !_checksAlignment)
            return;
        _checksAlignment = masked && User && ((_system & Flag.AlignmentCheck) != 0 ? true : false);
        for (var i = 0; i < 6; i++)
        {
            ref var s = ref S[i];
            s = Segment<W>.Load(s.Selector, s.Base, s.Limit, s.Attributes);
            if (!_checksAlignment)
                continue;
            s.FlatToRead = s.FlatToWrite = false;
            s.ReachToRead = s.ReachToWrite = 0;
        }
    }

    private void CheckAlignment(W linear, int size)
    {
        if (_checksAlignment && (linear & (uint)(size - 1)) != 0)
            throw new Fault(Vectors.AlignmentCheck, 0);
    }
}
