using System.Globalization;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Parsing;

namespace Gateway.Config.Binding;

/// <summary>Reads Kubernetes object metadata.</summary>
internal static class MetadataBinder
{
    /// <summary>The namespace of a document that names none.</summary>
    public const string DefaultNamespace = "default";

    private static readonly string[] Rfc3339 =
    [
        "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:sszzz",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz",
    ];

    /// <summary>Reads <c>metadata</c>; what only the API server writes is known and not read.</summary>
    public static ObjectMeta Metadata(ObjectReader r)
    {
        ObjectMeta metadata = new()
        {
            Node = r.Node,
            Name = r.String("name") ?? "",
            Namespace = r.String("namespace") is { Length: > 0 } name ? name : DefaultNamespace,
            Labels = r.StringMap("labels"),
            Annotations = r.StringMap("annotations"),
            CreationTimestamp = Timestamp(r, "creationTimestamp"),
        };
        r.Ignore("generateName", "uid", "resourceVersion", "generation", "ownerReferences", "finalizers", "managedFields",
            "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "clusterName");
        return metadata;
    }

    private static DateTimeOffset? Timestamp(ObjectReader r, string key)
    {
        ConfigNode? node = r.Node[key];
        if (r.String(key) is not { } text)
            return null;
        if (DateTimeOffset.TryParseExact(text, Rfc3339, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out DateTimeOffset time))
            return time;
        r.Report(DiagnosticCatalogue.BadValue, $"'{text}' is not a time such as 2026-01-31T12:00:00Z.", node!, key);
        return null;
    }
}
