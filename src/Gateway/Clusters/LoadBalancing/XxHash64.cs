using System.Buffers.Binary;
using System.Numerics;

namespace Gateway.Clusters.LoadBalancing;

/// <summary>The hash that Envoy balances by: equal requests then reach the endpoints that they would reach there.</summary>
internal static class XxHash64
{
    private const ulong Prime1 = 11400714785074694791;
    private const ulong Prime2 = 14029467366897019727;
    private const ulong Prime3 = 1609587929392839161;
    private const ulong Prime4 = 9650029242287828579;
    private const ulong Prime5 = 2870177450012600261;

    /// <summary>Hashes bytes.</summary>
    public static ulong Hash(ReadOnlySpan<byte> data, ulong seed = 0)
    {
        ulong length = (ulong)data.Length;
        ulong hash;
        if (data.Length >= 32)
        {
            ulong a = unchecked(seed + Prime1 + Prime2), b = unchecked(seed + Prime2), c = seed, d = unchecked(seed - Prime1);
            for (; data.Length >= 32; data = data[32..])
            {
                a = Round(a, BinaryPrimitives.ReadUInt64LittleEndian(data));
                b = Round(b, BinaryPrimitives.ReadUInt64LittleEndian(data[8..]));
                c = Round(c, BinaryPrimitives.ReadUInt64LittleEndian(data[16..]));
                d = Round(d, BinaryPrimitives.ReadUInt64LittleEndian(data[24..]));
            }
            hash = unchecked(BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18));
            hash = Merge(Merge(Merge(Merge(hash, a), b), c), d);
        }
        else
        {
            hash = unchecked(seed + Prime5);
        }
        hash = unchecked(hash + length);
        for (; data.Length >= 8; data = data[8..])
            hash = unchecked((BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(data)), 27) * Prime1) + Prime4);
        if (data.Length >= 4)
        {
            hash = unchecked((BitOperations.RotateLeft(hash ^ (BinaryPrimitives.ReadUInt32LittleEndian(data) * Prime1), 23) * Prime2) + Prime3);
            data = data[4..];
        }
        foreach (byte one in data)
            hash = unchecked(BitOperations.RotateLeft(hash ^ (one * Prime5), 11) * Prime1);
        hash = unchecked((hash ^ (hash >> 33)) * Prime2);
        hash = unchecked((hash ^ (hash >> 29)) * Prime3);
        return hash ^ (hash >> 32);
    }

    private static ulong Round(ulong state, ulong input) => unchecked(BitOperations.RotateLeft(state + (input * Prime2), 31) * Prime1);

    private static ulong Merge(ulong hash, ulong state) => unchecked(((hash ^ Round(0, state)) * Prime1) + Prime4);
}
