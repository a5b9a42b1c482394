namespace Verified.Proofs.Check;

/// <summary>
/// A packed cell: its bits of the key, and its possible values, by number; null if the value is its own number.
/// </summary>
internal readonly record struct Slot(int Cell, int At, int Bits, uint[]? Domain)
{
    public Key Mask => Key.Ones(At, Bits);

    /// <summary>Adds the value to a key whose bits here are 0. Returns true if the model has bits for it.</summary>
    public bool Put(uint value, ref Key key)
    {
        if (Domain is { } domain)
        {
            var number = 0;
            while (number < domain.Length && domain[number] != value)
                number++;
            if (number == domain.Length)
                return false;
            value = (uint)number;
        }
        else if ((ulong)value >> Bits != 0)
            return false;

        key |= Key.Of(value, At);
        return true;
    }

    public uint Take(Key key)
    {
        var value = key.Bits(At, Bits);
        return Domain is { } domain ? domain[value] : value;
    }
}
