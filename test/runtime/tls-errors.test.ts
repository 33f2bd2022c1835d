// What another setting mends is told apart from a connection that breaks.
import { expect, test } from 'vitest'
import { isTlsMismatch } from '../../src/runtime/tls-errors.ts'

test.for([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_OSSL_PEM_NO_START_LINE',
  'EPROTO',
])('[H8] %s is a matter of settings', code => {
  expect(isTlsMismatch(code)).toBe(true)
})

test.for(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EPIPE', 'ERR_STREAM_DESTROYED', ''])(
  '[H4] %j is a matter of time',
  code => {
    expect(isTlsMismatch(code)).toBe(false)
  },
)
