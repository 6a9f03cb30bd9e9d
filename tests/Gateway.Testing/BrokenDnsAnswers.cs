using System.Net;
using static Gateway.Testing.ScriptedDnsQuery;

namespace Gateway.Testing;

/// <summary>Answers of DNS servers that are wrong or hostile, none of which may be believed.</summary>
public static class BrokenDnsAnswers
{
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.7");
    private static readonly byte[] Asked = [0xc0, 12];

    /// <summary>What there is.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        "silence", "servfail", "refused", "other id", "other question", "no question", "empty packet", "two bytes", "half a header", "more records than there are",
        "loop", "long loop", "forward pointer", "alias loop", "long data", "noise",
    ];

    /// <summary>The answer; null = none is sent.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="query">What was asked.</param>
    public static byte[]? Make(string kind, ScriptedDnsQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        byte[] good = query.Answer(60, Address);
        // The question begins at byte 12, the first record where it ends.
        int record = 12 + Encoded(query.Name).Length + 4;
        switch (kind)
        {
            case "silence":
                return null;
            case "servfail":
                return query.Reply(2, []);
            case "refused":
                return query.Reply(5, []);
            case "other id":
                return query.Reply(0, [Record(Asked, 1, 60, Address.GetAddressBytes())], idOffset: 1);
            case "other question":
                good[13] ^= 1;
                return good;
            case "no question":
                return query.Reply(0, [Record(Encoded(query.Name), 1, 60, Address.GetAddressBytes())], withQuestion: false);
            case "empty packet":
                return [];
            case "two bytes":
                return good[..2];
            case "half a header":
                return good[..7];
            case "more records than there are":
                good[6] = 0xff;
                return good;
            case "loop":
                (good[record], good[record + 1]) = ((byte)(0xc0 | (record >> 8)), (byte)record);
                return good;
            case "long loop":
                return query.Reply(0, [Record([1, (byte)'a', (byte)(0xc0 | (record >> 8)), (byte)record], 1, 60, Address.GetAddressBytes())]);
            case "forward pointer":
                (good[record], good[record + 1]) = (0xff, 0xff);
                return good;
            case "alias loop":
                return query.Reply(0, [Record(Asked, 5, 60, Encoded("one.test")), Record(Encoded("one.test"), 5, 60, Encoded(query.Name))]);
            case "long data":
                good[^5] = 0xff;
                return good;
            default:
                new Random(7).NextBytes(good.AsSpan(2));
                return good;
        }
    }
}
