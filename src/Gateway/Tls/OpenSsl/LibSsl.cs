using System.Runtime.InteropServices;

namespace Gateway.Tls.OpenSsl;

/// <summary>What is used of OpenSSL 3's libssl. Pointers are bare: <see cref="OpenSslContext"/> and <see cref="OpenSslSession"/> own what they stand for.</summary>
internal static unsafe partial class LibSsl
{
    /// <summary>The library; any 3.x has it.</summary>
    public const string Library = "libssl.so.3";

    public const int ControlMode = 33;
    public const int ControlReadAhead = 41;
    public const int ControlSessionCacheMode = 44;
    public const int ControlServerName = 55;
    public const int ControlChainCertificate = 89;
    public const int ControlGroupsList = 92;
    public const int ControlMinProtocol = 123;
    public const int ControlMaxProtocol = 124;
    public const int ControlStatusRequestCallback = 63;
    public const int ControlStatusResponse = 71;

    public const int ModeReleaseBuffers = 0x10;
    public const int SessionCacheOff = 0;

    // Client sessions, kept by us alone.
    public const int SessionCacheOurs = 0x1 | 0x300;

    public const ulong OptionNoTicket = 1ul << 14;
    public const ulong OptionNoCompression = 1ul << 17;
    public const ulong OptionServerPreference = 1ul << 22;
    public const ulong OptionNoRenegotiation = 1ul << 30;

    public const int VerifyPeer = 1;
    public const int VerifyFailIfNone = 2;

    public const int ErrorWantRead = 2;
    public const int ErrorSystemCall = 5;
    public const int ErrorZeroReturn = 6;

    public const int Tls12 = 0x0303;
    public const int Tls13 = 0x0304;

    public const int ExtensionOk = 0;
    public const int ExtensionFatal = 2;
    public const int ExtensionNoAck = 3;

    [LibraryImport(Library, EntryPoint = "TLS_server_method")]
    public static partial nint ServerMethod();

    [LibraryImport(Library, EntryPoint = "TLS_client_method")]
    public static partial nint ClientMethod();

    [LibraryImport(Library, EntryPoint = "SSL_CTX_new")]
    public static partial SafeSslContextHandle NewContext(nint method);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_options")]
    public static partial ulong SetOptions(SafeSslContextHandle context, ulong options);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_ctrl")]
    public static partial nint Control(SafeSslContextHandle context, int command, nint number, nint pointer);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_callback_ctrl")]
    public static partial nint ControlCallback(SafeSslContextHandle context, int command, nint callback);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_cipher_list", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetCipherList(SafeSslContextHandle context, string list);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_ciphersuites", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetCipherSuites(SafeSslContextHandle context, string list);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_certificate")]
    public static partial int UseCertificate(SafeSslContextHandle context, nint certificate);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_PrivateKey")]
    public static partial int UsePrivateKey(SafeSslContextHandle context, nint key);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_check_private_key")]
    public static partial int CheckPrivateKey(SafeSslContextHandle context);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_session_id_context")]
    public static partial int SetSessionIdContext(SafeSslContextHandle context, byte* id, uint length);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_num_tickets")]
    public static partial int SetTicketCount(SafeSslContextHandle context, nuint count);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_timeout")]
    public static partial nint SetSessionTimeout(SafeSslContextHandle context, nint seconds);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_tlsext_ticket_key_evp_cb")]
    public static partial int SetTicketKeyCallback(SafeSslContextHandle context, delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint, nint, int, int> callback);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_alpn_select_cb")]
    public static partial void SetAlpnCallback(SafeSslContextHandle context, delegate* unmanaged[Cdecl]<nint, byte**, byte*, byte*, uint, nint, int> callback, nint argument);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_verify")]
    public static partial void SetVerify(SafeSslContextHandle context, int mode, nint callback);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_cert_verify_callback")]
    public static partial void SetVerifyCallback(SafeSslContextHandle context, delegate* unmanaged[Cdecl]<nint, nint, int> callback, nint argument);

    [LibraryImport(Library, EntryPoint = "SSL_new")]
    public static partial SafeSslHandle NewSession(SafeSslContextHandle context);

    [LibraryImport(Library, EntryPoint = "SSL_free")]
    public static partial void FreeSession(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_set_bio")]
    public static partial void SetBio(nint session, nint read, nint write);

    [LibraryImport(Library, EntryPoint = "SSL_set_accept_state")]
    public static partial void SetAcceptState(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_set_connect_state")]
    public static partial void SetConnectState(nint session);

    /// <summary>0 on success, unlike its neighbours.</summary>
    [LibraryImport(Library, EntryPoint = "SSL_set_alpn_protos")]
    public static partial int OfferProtocols(nint session, byte* names, uint length);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_sess_set_new_cb")]
    public static partial void SetNewSessionCallback(SafeSslContextHandle context, delegate* unmanaged[Cdecl]<nint, nint, int> callback);

    [LibraryImport(Library, EntryPoint = "SSL_set_session")]
    public static partial int Resume(nint session, SafeSslResumptionHandle earlier);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_free")]
    public static partial void FreeResumption(nint earlier);

    [LibraryImport(Library, EntryPoint = "SSL_get_peer_cert_chain")]
    public static partial nint PeerChain(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_ctrl")]
    public static partial nint SessionControl(nint session, int command, nint number, nint pointer);

    [LibraryImport(Library, EntryPoint = "SSL_do_handshake")]
    public static partial int DoHandshake(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_read")]
    public static partial int Read(nint session, byte* buffer, int length);

    [LibraryImport(Library, EntryPoint = "SSL_peek")]
    public static partial int Peek(nint session, byte* buffer, int length);

    [LibraryImport(Library, EntryPoint = "SSL_write")]
    public static partial int Write(nint session, byte* buffer, int length);

    [LibraryImport(Library, EntryPoint = "SSL_shutdown")]
    public static partial int Shutdown(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_get_error")]
    [SuppressGCTransition]
    public static partial int GetError(nint session, int result);

    [LibraryImport(Library, EntryPoint = "SSL_has_pending")]
    [SuppressGCTransition]
    public static partial int HasPending(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_rstate_string")]
    [SuppressGCTransition]
    public static partial byte* ReadState(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_version")]
    [SuppressGCTransition]
    public static partial int Version(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_session_reused")]
    [SuppressGCTransition]
    public static partial int IsResumed(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_get_current_cipher")]
    [SuppressGCTransition]
    public static partial nint CurrentCipher(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_CIPHER_get_protocol_id")]
    [SuppressGCTransition]
    public static partial ushort CipherId(nint cipher);

    [LibraryImport(Library, EntryPoint = "SSL_get0_alpn_selected")]
    [SuppressGCTransition]
    public static partial void SelectedAlpn(nint session, byte** name, uint* length);

    [LibraryImport(Library, EntryPoint = "SSL_get_certificate")]
    [SuppressGCTransition]
    public static partial nint OwnCertificate(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_get1_peer_certificate")]
    public static partial nint PeerCertificate(nint session);
}
