using Gateway.Config.Diagnostics;
using Gateway.Config.Model;

namespace Gateway.Snapshot.Compilation;

/// <summary>Keeps a defect of the compiler that one resource brings to light from hurting the others.</summary>
internal static class Guard
{
    /// <summary>Runs one resource's part of the compilation; a failure is reported.</summary>
    public static void Run(CompilationContext context, Resource resource, Action compile) =>
        Run<object>(context, resource, () =>
        {
            compile();
            return null;
        });

    /// <summary>Runs one resource's part of the compilation; null = it failed, which has been reported.</summary>
    public static T? Run<T>(CompilationContext context, Resource resource, Func<T?> compile)
        where T : class
    {
        try
        {
            return compile();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            context.Report(DiagnosticCatalogue.Invalid, resource, "", $"The resource could not be compiled and is left out ({e.GetType().Name}: {e.Message}).");
            return null;
        }
    }
}
