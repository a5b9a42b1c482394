namespace Verified.Proofs.Explore;

/// <summary>The explorer cannot do what the user asks for. The message is one line for the user.</summary>
public sealed class ExploreException : Exception
{
    public ExploreException() { }

    public ExploreException(string message)
        : base(message) { }

    public ExploreException(string message, Exception innerException)
        : base(message, innerException) { }
}
