using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Gateway.Bench;

/// <summary>What a proxy cannot do without when it speaks TLS to an origin: a request's record to encrypt, and a response's to decrypt, by OpenSSL alone.</summary>
internal static unsafe partial class Encryption
{
    // A request of wrk with what a gateway adds to it, and 1 KB with nginx's head.
    private const int RequestBytes = 300;
    private const int ResponseBytes = 1024 + 200;

    private const int Batch = 100;
    private const int Batches = 500;
    private const int PemFile = 1;
    private const int ReadAhead = 41;

    /// <summary>Both together in µs: the best batch, as memory and processor are never as much at hand between other work.</summary>
    /// <param name="folder">Holds <c>cert.pem</c> and <c>key.pem</c>.</param>
    /// <returns>NaN = there is no OpenSSL 3.</returns>
    public static double Micros(string folder)
    {
        if (!NativeLibrary.TryLoad("libssl.so.3", out _))
            return double.NaN;
        nint near = NewContext(ClientMethod()), far = NewContext(ServerMethod());
        _ = SetCipherSuites(near, "TLS_AES_128_GCM_SHA256");
        _ = Control(near, ReadAhead, 1, 0);
        _ = UseCertificate(far, Path.Combine(folder, "cert.pem"), PemFile);
        _ = UseKey(far, Path.Combine(folder, "key.pem"), PemFile);
        nint client = NewSession(near), server = NewSession(far);
        nint there = NewBio(MemoryBio()), back = NewBio(MemoryBio());
        _ = Share(there);
        _ = Share(back);
        SetBio(client, back, there);
        SetBio(server, there, back);
        SetConnectState(client);
        SetAcceptState(server);
        for (int i = 0; i < 4; i++)
        {
            _ = DoHandshake(client);
            _ = DoHandshake(server);
        }

        double best = double.NaN;
        byte* bytes = stackalloc byte[16 * 1024];
        // Tickets.
        _ = Read(client, bytes, ResponseBytes);
        for (int i = 0; i < Batches; i++)
        {
            double micros = OneBatch(client, server, bytes);
            if (double.IsNaN(best) || micros < best)
                best = micros;
        }

        FreeSession(client);
        FreeSession(server);
        FreeContext(near);
        FreeContext(far);
        return best;
    }

    private static double OneBatch(nint client, nint server, byte* bytes)
    {
        int done = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Batch; i++)
            done += Write(client, bytes, RequestBytes) == RequestBytes ? 1 : 0;
        TimeSpan spent = Stopwatch.GetElapsedTime(start);
        for (int i = 0; i < Batch; i++)
        {
            _ = Read(server, bytes, RequestBytes);
            _ = Write(server, bytes, ResponseBytes);
        }

        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Batch; i++)
            done += Read(client, bytes, ResponseBytes) == ResponseBytes ? 1 : 0;
        spent += Stopwatch.GetElapsedTime(start);
        return done == 2 * Batch ? spent.TotalMicroseconds / Batch : throw new InvalidOperationException("OpenSSL did not encrypt what it was given.");
    }

    [LibraryImport("libssl.so.3", EntryPoint = "TLS_client_method")]
    private static partial nint ClientMethod();

    [LibraryImport("libssl.so.3", EntryPoint = "TLS_server_method")]
    private static partial nint ServerMethod();

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_CTX_new")]
    private static partial nint NewContext(nint method);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_CTX_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_CTX_ctrl")]
    private static partial nint Control(nint context, int command, nint number, nint pointer);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_CTX_set_ciphersuites", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetCipherSuites(nint context, string list);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_CTX_use_certificate_file", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UseCertificate(nint context, string file, int kind);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_CTX_use_PrivateKey_file", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UseKey(nint context, string file, int kind);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_new")]
    private static partial nint NewSession(nint context);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_free")]
    private static partial void FreeSession(nint session);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_set_bio")]
    private static partial void SetBio(nint session, nint read, nint write);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_set_connect_state")]
    private static partial void SetConnectState(nint session);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_set_accept_state")]
    private static partial void SetAcceptState(nint session);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_do_handshake")]
    private static partial int DoHandshake(nint session);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_read")]
    private static partial int Read(nint session, byte* bytes, int length);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_write")]
    private static partial int Write(nint session, byte* bytes, int length);

    [LibraryImport("libcrypto.so.3", EntryPoint = "BIO_s_mem")]
    private static partial nint MemoryBio();

    [LibraryImport("libcrypto.so.3", EntryPoint = "BIO_new")]
    private static partial nint NewBio(nint method);

    [LibraryImport("libcrypto.so.3", EntryPoint = "BIO_up_ref")]
    private static partial int Share(nint bio);
}
