namespace Verified.Proofs.Paths;

/// <summary>The prover cannot answer, which never counts as a proof.</summary>
public class ProverException(string message) : Exception(message);
