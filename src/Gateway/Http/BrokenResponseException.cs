namespace Gateway.Http;

/// <summary>
/// A response that has begun cannot be completed, and everything about it is recorded. Thrown up to the server, which then
/// sends what there is of it and ends the connection (HTTP/1) or resets the stream (HTTP/2), so that it does not look whole.
/// </summary>
internal sealed class BrokenResponseException() : Exception("The response broke off.");
