namespace Verified.Kernel;

/// <summary>
/// A file that is not an image of this kernel. The message is one line for the user: the problem, its place, and the
/// remedy.
/// </summary>
public sealed class ImageException : Exception
{
    public ImageException() { }

    public ImageException(string message)
        : base(message) { }

    public ImageException(string message, Exception innerException)
        : base(message, innerException) { }
}
