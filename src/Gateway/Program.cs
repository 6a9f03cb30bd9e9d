using Gateway.Cli;

return await new GatewayCli(CliConsole.OfProcess()).RunAsync(args, CancellationToken.None);
