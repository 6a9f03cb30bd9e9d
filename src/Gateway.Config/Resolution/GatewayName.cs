namespace Gateway.Config.Resolution;

/// <summary>How VirtualServices name Gateways.</summary>
public static class GatewayName
{
    /// <summary>The name that means "sidecars", never a gateway.</summary>
    public const string Mesh = "mesh";

    /// <summary>
    /// The full name, <c>namespace/name</c>, of a reference written in a resource of <paramref name="ns"/>:
    /// <c>name</c>, <c>./name</c>, <c>namespace/name</c> or the old <c>name.namespace.svc.…</c>. <c>mesh</c> stays.
    /// </summary>
    public static string Resolve(string reference, string ns)
    {
        if (reference == Mesh)
            return reference;
        if (reference.StartsWith("./", StringComparison.Ordinal))
            return $"{ns}/{reference[2..]}";
        if (reference.Contains('/', StringComparison.Ordinal))
            return reference;
        int dot = reference.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
            return $"{ns}/{reference}";
        int end = reference.IndexOf('.', dot + 1);
        return $"{reference[(dot + 1)..(end < 0 ? reference.Length : end)]}/{reference[..dot]}";
    }
}
