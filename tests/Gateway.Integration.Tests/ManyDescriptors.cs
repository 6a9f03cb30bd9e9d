namespace Gateway.Integration.Tests;

/// <summary>Tests that take ten thousand file descriptors each: one after the other, for the process has twenty thousand in many places.</summary>
[CollectionDefinition(Name)]
public sealed class ManyDescriptors
{
    public const string Name = "many descriptors";
}
