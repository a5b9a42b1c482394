using Verified.Proofs.Checker;

namespace Verified.Proofs.Check;

/// <summary>The symmetry: threads whose names can be exchanged.</summary>
public sealed partial class MiniL4
{
    /// <summary>
    /// The same system with its symmetry. Threads and their tasks can be exchanged, but not the first ones: the first
    /// task has all pages at the beginning.
    /// </summary>
    public CellSystem Symmetric =>
        threads != tasks
            ? throw new ModelException("threads can be exchanged only if each is alone in its task")
            : System with
            {
                Symmetry = new(
                    CellSymmetry.OfAllButFirst(threads),
                    (column, row, to) => column is Status or Queue ? to[row] : row / tasks * tasks + to[row % tasks],
                    Renamed
                ),
            };

    private int Renamed(int column, int value, int[] to)
    {
        switch (column)
        {
            case Status when value >= FirstSend:
                var (receiver, rest) = Math.DivRem(value - FirstSend, 2 * Items);
                return FirstSend + to[receiver] * 2 * Items + rest;
            case Status when value >= FirstFrom:
                return FirstFrom + to[value - FirstFrom];
            case Queue:
                var (renamed, place) = (0, 1);
                for (; value != 0; value /= threads + 1, place *= threads + 1)
                    renamed += place * (value % (threads + 1) is > 0 and var thread ? to[thread - 1] + 1 : 0);
                return renamed;
            case Parent when value < tasks:
                return to[value];
            default:
                return value;
        }
    }
}
