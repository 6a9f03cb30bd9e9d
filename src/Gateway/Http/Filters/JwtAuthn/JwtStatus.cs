namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>What can be wrong with a token, in Envoy's words: they are the body of the answer.</summary>
/// <param name="Text">The body.</param>
/// <param name="Code">HTTP status.</param>
internal sealed record JwtStatus(string Text, int Code = 401)
{
    public static readonly JwtStatus Missing = new("Jwt is missing");
    public static readonly JwtStatus Expired = new("Jwt is expired");
    public static readonly JwtStatus NotYetValid = new("Jwt not yet valid");
    public static readonly JwtStatus BadFormat = new("Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections");
    public static readonly JwtStatus HeaderBadBase64 = new("Jwt header is an invalid Base64url encoded");
    public static readonly JwtStatus HeaderBadJson = new("Jwt header is an invalid JSON");
    public static readonly JwtStatus HeaderBadAlg = new("Jwt header [alg] field is required and must be a string");
    public static readonly JwtStatus HeaderUnknownAlg = new("Jwt header [alg] is not supported");
    public static readonly JwtStatus HeaderBadKid = new("Jwt header [kid] field is not a string");
    public static readonly JwtStatus PayloadBadBase64 = new("Jwt payload is an invalid Base64url encoded");
    public static readonly JwtStatus PayloadBadJson = new("Jwt payload is an invalid JSON");
    public static readonly JwtStatus IssuerNotString = new("Jwt payload [iss] field is not a string");
    public static readonly JwtStatus SubjectNotString = new("Jwt payload [sub] field is not a string");
    public static readonly JwtStatus IssuedAtNotInteger = new("Jwt payload [iat] field is not an integer");
    public static readonly JwtStatus IssuedAtOutOfRange = new("Jwt payload [iat] field is not a positive 64 bit integer");
    public static readonly JwtStatus NotBeforeNotInteger = new("Jwt payload [nbf] field is not an integer");
    public static readonly JwtStatus NotBeforeOutOfRange = new("Jwt payload [nbf] field is not a positive 64 bit integer");
    public static readonly JwtStatus ExpiryNotInteger = new("Jwt payload [exp] field is not an integer");
    public static readonly JwtStatus ExpiryOutOfRange = new("Jwt payload [exp] field is not a positive 64 bit integer");
    public static readonly JwtStatus IdNotString = new("Jwt payload [jti] field is not a string");
    public static readonly JwtStatus AudienceNotString = new("Jwt payload [aud] field is not a string or string list");
    public static readonly JwtStatus SignatureBadBase64 = new("Jwt signature is an invalid Base64url encoded");
    public static readonly JwtStatus UnknownIssuer = new("Jwt issuer is not configured");
    public static readonly JwtStatus AudienceNotAllowed = new("Audiences in Jwt are not allowed", 403);
    public static readonly JwtStatus VerificationFails = new("Jwt verification fails");
    public static readonly JwtStatus NoMatchingKey = new("Jwks doesn't have key to match kid or alg from Jwt");
    public static readonly JwtStatus NoValidKeys = new("Jwks doesn't have any valid public key");
    public static readonly JwtStatus FetchFailed = new("Jwks remote fetch is failed");

    /// <summary>Envoy's response_code_details.</summary>
    public string Details { get; } = $"jwt_authn_access_denied{{{Text.Replace(' ', '_')}}}";
}
