using System.Buffers;
using Gateway.Listeners;

namespace Gateway.Fuzz.Targets;

/// <summary>A ClientHello reads alike whatever segments it lies in, and no beginning of it says anything else than that more is needed.</summary>
internal static class ClientHelloTarget
{
    private const int MaxPrefixes = 200;

    public static void Run(byte[] input)
    {
        if (input.Length < 1)
            return;
        byte[] wire = input[1..];
        ClientHelloStatus status = ClientHelloReader.TryParse(new ReadOnlySequence<byte>(wire), out ClientHello hello);
        Check.Same(status, ClientHelloReader.TryParse(Segments.Of(wire, Pieces.Lengths(input[0], wire.Length)), out ClientHello again), "whole and in segments");
        Check.Same(hello, again, "hello whole and in segments");
        if (hello.ServerName is { } name)
            Check.That(name.Length is > 0 and <= 255 && name.All(c => c is > ' ' and <= '~' && !char.IsAsciiLetterUpper(c)), "the name is lower case without blanks");
        if (status == ClientHelloStatus.NotTls)
            return;

        int step = 1 + (wire.Length / MaxPrefixes);
        bool found = false;
        for (int length = 0; length < wire.Length; length += step)
        {
            ClientHelloStatus soFar = ClientHelloReader.TryParse(new ReadOnlySequence<byte>(wire, 0, length), out ClientHello early);
            found |= soFar == ClientHelloStatus.Found;
            Check.That(soFar == (found ? ClientHelloStatus.Found : ClientHelloStatus.NeedMore) && (!found || early == hello), "a beginning needs more until the hello is there");
        }
    }
}
