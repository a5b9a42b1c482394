namespace Verified.Proofs.Traces;

/// <summary>A file is not a trace that this version can read. The message is one line for the user.</summary>
public sealed class TraceFileException : Exception
{
    public TraceFileException() { }

    public TraceFileException(string message)
        : base(message) { }

    public TraceFileException(string message, Exception innerException)
        : base(message, innerException) { }
}
