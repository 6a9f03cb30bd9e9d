using Gateway.Cli;
using Gateway.Http;

// Kestrel reads its switches once, with the first server of the process, whichever that is.
KestrelLimits.SetSwitches();
return await new GatewayCli(CliConsole.OfProcess()).RunAsync(args, CancellationToken.None);
