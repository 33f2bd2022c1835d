// What Node and OpenSSL report where certificates, names or TLS itself do not fit each other: another setting mends that, time does not.

const mismatch =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY|DECODE)_|INVALID_CA$|HOSTNAME_MISMATCH$|ERR_TLS_CERT_|ERR_SSL_|ERR_OSSL_|EPROTO$)/

/** `code`: of an error of Node's; EPROTO and ERR_SSL_… also come from a server that speaks no TLS at all. */
export const isTlsMismatch = (code: string): boolean => mismatch.test(code)

/** An error with such a code, or one with such a cause. */
export const isTlsError = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && typeof error.code === 'string' && isTlsMismatch(error.code)) || isTlsError(error.cause))
