using Gateway.Transport;

namespace Gateway.Tests.Transport;

/// <summary>A test that needs the event loop; skipped on other systems.</summary>
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = EventLoopGroup.IsSupported ? null : "The event loop needs 64-bit Linux.";
}

/// <summary>As <see cref="LinuxFactAttribute"/>, with data.</summary>
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = EventLoopGroup.IsSupported ? null : "The event loop needs 64-bit Linux.";
}
