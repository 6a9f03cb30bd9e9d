using System.Globalization;
using Gateway.Clusters.Http2;
using Gateway.Tests.Transport;
using static Gateway.Tests.Forwarding.Http2.ScriptedPeer;

namespace Gateway.Tests.Forwarding.Http2;

/// <summary>What an answer is to both clients.</summary>
internal enum AnswerKind
{
    Good,
    Malformed,
    BrokenOff,
}

/// <summary>An answer of an HTTP/2 backend, made by chance: frames, what stands between them, and how they are cut.</summary>
internal sealed class GeneratedAnswer
{
    private static readonly string[] Statuses = ["200", "200", "200", "201", "204", "206", "301", "304", "404", "418", "429", "500"];
    private static readonly string[] Names = ["x-one", "content-type", "etag", "cache-control", "vary", "set-cookie", "set-cookie", "link"];
    private static readonly string[] Values = ["", "a", "a, b", "text/html; charset=utf-8", "\"quoted\"", new('x', 3000)];

    private readonly Random _random;
    private readonly int _stream;
    private readonly List<byte> _wire = [];
    private readonly List<string> _story = [];

    private GeneratedAnswer(Random random, int stream) => (_random, _stream) = (random, stream);

    /// <summary>What it is to both clients.</summary>
    public AnswerKind Kind { get; private set; }

    /// <summary>Whether it is one to HEAD.</summary>
    public bool IsHead { get; private set; }

    /// <summary>Whether the connection ends with it.</summary>
    public bool Closes { get; private set; }

    /// <summary>Its bytes.</summary>
    public byte[] Wire { get; private set; } = [];

    /// <summary>Where they are cut into writes.</summary>
    public int[] Splits { get; private set; } = [];

    /// <summary>Its frames in words.</summary>
    public string Story => string.Join('\n', _story);

    /// <summary>Makes one.</summary>
    public static GeneratedAnswer Make(Random random, int stream)
    {
        var answer = new GeneratedAnswer(random, stream);
        answer.Fill();
        return answer;
    }

    private void Fill()
    {
        IsHead = _random.Next(10) == 0;
        Kind = _random.Next(8) switch
        {
            0 => AnswerKind.Malformed,
            1 => AnswerKind.BrokenOff,
            _ => AnswerKind.Good,
        };
        string status = Statuses[_random.Next(Statuses.Length)];
        byte[] body = EventLoopConnectionTests.Pattern(_random.Next(5) == 0 ? _random.Next(30_000) : _random.Next(1, 60));
        if (IsHead || status is "204" or "304")
            body = [];
        if (Kind != AnswerKind.Good && body.Length < 2)
            (IsHead, status, body) = (false, "200", EventLoopConnectionTests.Pattern(50));

        for (int i = _random.Next(6) == 0 ? _random.Next(1, 4) : 0; i > 0; i--)
            WriteHead([(":status", i == 1 ? "100" : "103")], false);
        List<(string, string)> lines = [(":status", status)];
        for (int i = _random.Next(5); i > 0; i--)
            lines.Add((Names[_random.Next(Names.Length)], Values[_random.Next(Values.Length)]));
        if (body.Length > 0 && _random.Next(2) == 0)
            lines.Add(("content-length", body.Length.ToString(CultureInfo.InvariantCulture)));
        switch (Kind)
        {
            case AnswerKind.Malformed:
                WriteMalformed(lines, body);
                break;
            case AnswerKind.BrokenOff:
                if (_random.Next(4) > 0)
                {
                    WriteHead(lines, false);
                    WriteBody(body[..(body.Length / 2)], false);
                }
                BreakOff();
                break;
            default:
                WriteGood(lines, body);
                break;
        }

        Wire = [.. _wire];
        // Now and then every byte by itself.
        Splits = _random.Next(10) == 0 && Wire.Length is > 0 and < 400
            ? [.. Enumerable.Range(1, Wire.Length - 1)]
            : [.. Enumerable.Range(0, _random.Next(5)).Select(_ => _random.Next(Wire.Length)).Order()];
    }

    private void WriteGood(List<(string, string)> lines, byte[] body)
    {
        bool goesAway = _random.Next(15) == 0;
        if (goesAway)
            Write("goaway", GoAway(_stream));
        bool trailers = body.Length > 0 && _random.Next(5) == 0;
        WriteHead(lines, body.Length == 0);
        if (body.Length > 0)
            WriteBody(body, !trailers);
        if (trailers)
            WriteHead([("x-trailer", "t")], true);
    }

    private void WriteMalformed(List<(string, string)> lines, byte[] body)
    {
        switch (_random.Next(7))
        {
            case 0:
                WriteHead([.. lines, ("Upper-Case", "x")], true);
                break;
            case 1:
                WriteHead([.. lines, ("connection", "close")], true);
                break;
            case 2:
                WriteHead(lines.FindAll(line => line.Item1 != ":status"), true);
                break;
            case 3:
                WriteHead([.. lines.FindAll(line => line.Item1 != "content-length"), ("content-length", "7"), ("content-length", "7")], false);
                WriteBody(body, true);
                break;
            case 4:
                WriteHead([.. lines.FindAll(line => line.Item1 != "content-length"), ("content-length", (body.Length + 1).ToString(CultureInfo.InvariantCulture))], false);
                WriteBody(body, true);
                break;
            case 5:
                WriteBody(body, true);
                break;
            default:
                WriteHead([.. lines, ("x", "a\nb")], true);
                break;
        }
    }

    private void BreakOff()
    {
        switch (_random.Next(3))
        {
            case 0:
                Write("reset", Reset(_stream, Http2Error.Internal));
                break;
            case 1:
                Write("reset", Reset(_stream, Http2Error.Cancel));
                break;
            default:
                Closes = true;
                break;
        }
    }

    // In one piece or with continuations, with padding and priority or without.
    private void WriteHead(List<(string, string)> lines, bool ends)
    {
        WriteBetween();
        byte[] block = Block([.. lines]);
        Http2Flags flags = ends ? Http2Flags.EndStream : Http2Flags.None;
        int pieces = _random.Next(4) == 0 ? _random.Next(2, 6) : 1;
        int size = (block.Length + pieces - 1) / pieces;
        byte[] first = block[..Math.Min(size, block.Length)];
        byte[] padding = [];
        byte[] prefix = [];
        if (_random.Next(4) == 0)
        {
            padding = new byte[_random.Next(100)];
            prefix = [(byte)padding.Length];
            flags |= Http2Flags.Padded;
        }

        if (_random.Next(6) == 0)
        {
            prefix = [.. prefix, 0, 0, 0, 0, 16];
            flags |= Http2Flags.Priority;
        }

        int at = first.Length;
        Write("headers", Frame(Http2FrameType.Headers, at == block.Length ? flags | Http2Flags.EndHeaders : flags, _stream, [.. prefix, .. first, .. padding]));
        while (at < block.Length)
        {
            int count = Math.Min(size, block.Length - at);
            Write("continuation", Frame(Http2FrameType.Continuation, at + count == block.Length ? Http2Flags.EndHeaders : Http2Flags.None, _stream, block[at..(at + count)]));
            at += count;
        }
    }

    private void WriteBody(byte[] body, bool ends)
    {
        int at = 0;
        while (at < body.Length)
        {
            WriteBetween();
            int count = Math.Min(body.Length - at, _random.Next(1, 16_000));
            bool last = ends && at + count == body.Length && _random.Next(4) > 0;
            byte[] piece = body[at..(at + count)];
            Http2Flags flags = last ? Http2Flags.EndStream : Http2Flags.None;
            if (_random.Next(5) == 0)
            {
                byte[] padding = new byte[_random.Next(200)];
                (piece, flags) = ([(byte)padding.Length, .. piece, .. padding], flags | Http2Flags.Padded);
            }

            Write($"data {count}", Frame(Http2FrameType.Data, flags, _stream, piece));
            at += count;
            if (at == body.Length && ends && !last)
                Write("end", Frame(Http2FrameType.Data, Http2Flags.EndStream, _stream));
        }
    }

    // What may stand between frames and means nothing to the answer.
    private void WriteBetween()
    {
        switch (_random.Next(12))
        {
            case 0:
                Write("ping", Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
                break;
            case 1:
                Write("window", Frame(Http2FrameType.WindowUpdate, 0, 0, Number32(1000)));
                break;
            case 2:
                Write("settings", Frame(Http2FrameType.Settings, 0, 0, Setting(3, 100)));
                break;
            case 3:
                Write("priority", Frame(Http2FrameType.Priority, 0, _stream, 0, 0, 0, 0, 16));
                break;
        }
    }

    private void Write(string what, byte[] frame)
    {
        _story.Add(what);
        _wire.AddRange(frame);
    }
}
