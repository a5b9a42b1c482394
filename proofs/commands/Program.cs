return Verified.Proofs.Commands.CommandLine.Run(args, Console.Out, Console.Error);
