using System.Security.Cryptography;
using Verified.Kernel;
using Verified.Proofs.Events;
using Verified.Spec;

namespace Verified.Proofs.Commands;

/// <summary>Finds the image that a trace was found with.</summary>
internal static class Images
{
    /// <summary>SHA-256 of the image's file, in hexadecimal digits.</summary>
    public static string Hash(KernelImage image) => Convert.ToHexString(SHA256.HashData(image.File ?? image.ToElf()));

    /// <summary>
    /// The file that an origin names, or the image built here with the origin's flipped bit; null unless one of them
    /// has the origin's hash.
    /// </summary>
    public static KernelImage? Find(ImageOrigin origin, Limits limits)
    {
        if (origin.Path is { } path && File.Exists(path) && Same(() => KernelImage.Load(path)) is { } kept)
            return kept;
        return origin.Flipped is { } flip && CanBuild(limits)
            ? Same(() => flip.Damage(KernelImage.Build(limits)))
            : null;

        KernelImage? Same(Func<KernelImage> make)
        {
            try
            {
                var image = make();
                return Hash(image) == origin.Sha256 ? image : null;
            }
            catch (ImageException)
            {
                // Another file has replaced the image, or another kernel is built, so it is not the wanted image.
                return null;
            }
        }
    }

    /// <summary>True if images of these sizes can be built: their page tables must be those of the processor.</summary>
    public static bool CanBuild(Limits limits) =>
        limits == new Limits(limits.Tasks, limits.Lthreads, limits.Priorities);
}
