using System.Runtime.InteropServices;

namespace Gateway.Sources;

/// <summary>What kind of thing a path leads to, symbolic links followed.</summary>
internal enum PathKind
{
    /// <summary>Nothing, or something that may not be looked at.</summary>
    Missing,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A pipe, socket or device.</summary>
    Other,
}

/// <summary>
/// Identity and version of a file: equal stamps mean an unchanged text (except for writes within the clock's
/// granularity, see <see cref="FileConfigSource"/>). Symbolic links are followed, so a swapped link changes the stamp.
/// </summary>
internal readonly partial record struct FileStamp(PathKind Kind, ulong Device, ulong Inode, long Length, long ModifiedNanoseconds, long ChangedNanoseconds)
{
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;

    /// <summary>Looks at <paramref name="path"/>; never throws.</summary>
    public static FileStamp Of(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                return Statx(CurrentFolder, path, 0, BasicStats, out StatxBuffer buffer) == 0 ? From(buffer) : default;
            }
            catch (EntryPointNotFoundException)
            {
                // A C library older than statx (glibc 2.28, musl 1.2.3): the portable way below does.
            }
        }
        return Portable(path);
    }

    private static FileStamp Portable(string path)
    {
        try
        {
            FileInfo file = new(path);
            if (file.Exists)
                return new FileStamp(PathKind.File, 0, 0, file.Length, file.LastWriteTimeUtc.Ticks * 100, file.CreationTimeUtc.Ticks * 100);
            return Directory.Exists(path) ? new FileStamp(PathKind.Folder, 0, 0, 0, 0, 0) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    private static FileStamp From(in StatxBuffer buffer)
    {
        PathKind kind = (buffer.Mode & 0xf000) switch
        {
            0x8000 => PathKind.File,
            0x4000 => PathKind.Folder,
            _ => PathKind.Other,
        };
        ulong device = ((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor;
        return new FileStamp(kind, device, buffer.Inode, (long)buffer.Size, buffer.Modified.Total, buffer.Changed.Total);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out StatxBuffer buffer);

    // struct statx of linux/stat.h: the one stat structure that is laid out alike on every processor.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(96)] public StatxTime Changed;
        [FieldOffset(112)] public StatxTime Modified;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    [StructLayout(LayoutKind.Sequential, Size = 16)]
    private struct StatxTime
    {
        public long Seconds;
        public uint Nanoseconds;

        public readonly long Total => (Seconds * 1_000_000_000) + Nanoseconds;
    }
}
