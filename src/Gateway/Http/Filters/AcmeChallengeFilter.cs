using System.Text;
using Microsoft.AspNetCore.Http;

namespace Gateway.Http.Filters;

/// <summary>
/// Answers the challenges of HTTP-01 (RFC 8555, section 8.3) before everything else has a say. A token that nobody waits
/// for goes on its way: what is behind the gateway may order certificates too.
/// </summary>
internal sealed class AcmeChallengeFilter(ChallengeStore challenges) : HttpFilter
{
    private const string Prefix = "/.well-known/acme-challenge/";
    private const int MaxTokenLength = 256;

    public override ValueTask<FilterResult> OnRequestAsync(RequestContext request) =>
        request.Path.StartsWith(Prefix, StringComparison.Ordinal) && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            ? AnswerAsync(request)
            : ValueTask.FromResult(FilterResult.Continue);

    private async ValueTask<FilterResult> AnswerAsync(RequestContext request)
    {
        string token = request.Path[Prefix.Length..];
        if (!IsToken(token) || await challenges.FindAsync(token) is not { } answer)
            return FilterResult.Continue;
        await LocalReply.SendDirectAsync(request, 200, Encoding.ASCII.GetBytes(answer));
        return FilterResult.Answered;
    }

    private static bool IsToken(string text)
    {
        if (text.Length is 0 or > MaxTokenLength)
            return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                return false;
        }
        return true;
    }
}
