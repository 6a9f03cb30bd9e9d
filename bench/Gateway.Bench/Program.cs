using Gateway.Bench;

return args switch
{
    ["run", .. string[] options] => await BenchRun.RunAsync(BenchOptions.Parse(options)),
    ["origin", string http1, string http2] => await AppOrigin.RunAsync(ushort.Parse(http1, null), ushort.Parse(http2, null)),
    ["yarp", string folder] => await PlainYarp.RunAsync(folder),
    _ => throw new ArgumentException("run [OPTIONS of bench/run] | origin HTTP1 HTTP2 | yarp FOLDER"),
};
