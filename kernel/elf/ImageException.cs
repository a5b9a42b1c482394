namespace Verified.Kernel;

/// <summary>
/// A file that is no image of this kernel. The message is one line for the user: what, where, and how to mend it.
/// </summary>
public sealed class ImageException : Exception
{
    public ImageException() { }

    public ImageException(string message)
        : base(message) { }

    public ImageException(string message, Exception innerException)
        : base(message, innerException) { }
}
