namespace Gateway.Http;

/// <summary>Who wants to know when a request has come in completely.</summary>
internal interface IRequestEndObserver
{
    /// <summary>The last byte of the request's body was read; on the thread that read it.</summary>
    void OnRequestComplete();
}
