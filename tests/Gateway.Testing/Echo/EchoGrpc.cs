using System.Globalization;
using System.Text;
using Grpc.Core;

namespace Gateway.Testing.Echo;

/// <summary>
/// A gRPC service without generated code: messages are UTF-8 texts. <c>Unary</c> answers with its message, <c>Server</c>
/// counts from 1 to the number it is given, <c>Bidirectional</c> answers each message, <c>Fail</c> fails with the status
/// number it is given. Every answer ends with a trailer <c>echo-trailer: grpc</c>.
/// </summary>
[BindServiceMethod(typeof(EchoGrpc), nameof(BindService))]
public class EchoGrpc
{
    private const string ServiceName = "echo.Echo";
    private static readonly Marshaller<string> Text = Marshallers.Create(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);

    /// <summary>One message, one answer.</summary>
    public static Method<string, string> UnaryMethod { get; } = new(MethodType.Unary, ServiceName, nameof(Unary), Text, Text);

    /// <summary>One message, many answers.</summary>
    public static Method<string, string> ServerMethod { get; } = new(MethodType.ServerStreaming, ServiceName, nameof(Server), Text, Text);

    /// <summary>Many messages, many answers.</summary>
    public static Method<string, string> BidirectionalMethod { get; } = new(MethodType.DuplexStreaming, ServiceName, nameof(Bidirectional), Text, Text);

    /// <summary>Fails.</summary>
    public static Method<string, string> FailMethod { get; } = new(MethodType.Unary, ServiceName, nameof(Fail), Text, Text);

    /// <summary>Tells Grpc.AspNetCore the methods; it finds the implementations by their names.</summary>
    public static void BindService(ServiceBinderBase binder, EchoGrpc? service)
    {
        _ = service;
        binder.AddMethod(UnaryMethod, (UnaryServerMethod<string, string>)null!);
        binder.AddMethod(ServerMethod, (ServerStreamingServerMethod<string, string>)null!);
        binder.AddMethod(BidirectionalMethod, (DuplexStreamingServerMethod<string, string>)null!);
        binder.AddMethod(FailMethod, (UnaryServerMethod<string, string>)null!);
    }

    /// <summary>See the class.</summary>
    public virtual Task<string> Unary(string request, ServerCallContext context)
    {
        AddTrailer(context);
        return Task.FromResult(request);
    }

    /// <summary>See the class.</summary>
    public virtual async Task Server(string request, IServerStreamWriter<string> responses, ServerCallContext context)
    {
        AddTrailer(context);
        int count = int.Parse(request, CultureInfo.InvariantCulture);
        for (int i = 1; i <= count; i++)
            await responses.WriteAsync(i.ToString(CultureInfo.InvariantCulture), context.CancellationToken);
    }

    /// <summary>See the class.</summary>
    public virtual async Task Bidirectional(IAsyncStreamReader<string> requests, IServerStreamWriter<string> responses, ServerCallContext context)
    {
        AddTrailer(context);
        while (await requests.MoveNext(context.CancellationToken))
            await responses.WriteAsync(requests.Current, context.CancellationToken);
    }

    /// <summary>See the class.</summary>
    public virtual Task<string> Fail(string request, ServerCallContext context)
    {
        AddTrailer(context);
        throw new RpcException(new Status((StatusCode)int.Parse(request, CultureInfo.InvariantCulture), "asked for"));
    }

    private static void AddTrailer(ServerCallContext context) => context.ResponseTrailers.Add("echo-trailer", "grpc");
}
