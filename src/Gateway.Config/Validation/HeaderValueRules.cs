namespace Gateway.Config.Validation;

/// <summary>
/// Values of headers to add or set, in Envoy's format: <c>%VARIABLE%</c>, <c>%VARIABLE(argument)%</c>,
/// <c>%VARIABLE(["a", "b"])%</c> and <c>%%</c> for a percent sign. Names of variables are not judged.
/// </summary>
internal static class HeaderValueRules
{
    private enum State
    {
        Literal,
        Name,
        Arguments,
        QuoteOfArrayItem,
        Argument,
        AfterArrayItem,
        ClosingParenthesis,
        ClosingPercent,
    }

    /// <summary>The reason why a value is refused, or null.</summary>
    public static string? Fault(string value)
    {
        foreach (char c in value)
        {
            if ((c < ' ' && c != '\t') || c == '\x7F')
                return "Invalid header value configuration: control characters are not allowed.";
        }

        State state = State.Literal;
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            bool isLast = i == value.Length - 1;
            switch (state)
            {
                case State.Literal when c == '%':
                    if (isLast)
                        return "Invalid header value configuration: un-escaped %; write %% for a percent sign.";
                    if (value[i + 1] == '%')
                        i++;
                    else
                        state = State.Name;
                    break;
                case State.Name:
                    state = c switch { '%' => State.Literal, '(' => State.Arguments, _ => state };
                    break;
                case State.Arguments when c != ' ':
                    state = c == '[' ? State.QuoteOfArrayItem : State.Argument;
                    break;
                case State.QuoteOfArrayItem when c != ' ':
                    if (c != '"')
                        return "Invalid header value configuration: a quote is expected before an argument in a list.";
                    state = State.Argument;
                    break;
                case State.Argument when c == '\\':
                    if (isLast)
                        return "Invalid header value configuration: un-terminated backslash in an argument.";
                    i++;
                    break;
                case State.Argument:
                    state = c switch { ')' => State.ClosingPercent, '"' => State.AfterArrayItem, _ => state };
                    break;
                case State.AfterArrayItem when c != ' ':
                    if (c is not (',' or ']'))
                        return "Invalid header value configuration: ',' or ']' is expected after an argument in a list.";
                    state = c == ',' ? State.QuoteOfArrayItem : State.ClosingParenthesis;
                    break;
                case State.ClosingParenthesis when c != ' ':
                    if (c != ')')
                        return "Invalid header value configuration: ')' is expected after the list of arguments.";
                    state = State.ClosingPercent;
                    break;
                case State.ClosingPercent when c != ' ':
                    if (c != '%')
                        return "Invalid header value configuration: '%' is expected after the arguments.";
                    state = State.Literal;
                    break;
                default:
                    break;
            }
        }
        return state == State.Literal ? null : $"Invalid header value configuration: un-terminated variable expression in \"{value}\".";
    }
}
