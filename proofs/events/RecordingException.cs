namespace Verified.Proofs.Events;

/// <summary>The spec does not do what a recorded run of an image did. The message is one line for the user.</summary>
public sealed class RecordingException : Exception
{
    public RecordingException() { }

    public RecordingException(string message)
        : base(message) { }

    public RecordingException(string message, Exception innerException)
        : base(message, innerException) { }
}
