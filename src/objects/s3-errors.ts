// S3's errors in the port's words, translated once, by one table.
import type { Mend } from '../runtime/coded-error.ts'
import { wordsOf } from '../runtime/logger.ts'
import { isTlsMismatch } from '../runtime/tls-errors.ts'
import { ObjectError, type ObjectErrorCode } from './objects.ts'

/** By the error's name as S3 answers it, the SDK's, or the socket's code; what is not listed is judged by its HTTP status. */
const codes: Readonly<Record<string, ObjectErrorCode>> = {
  AccessDenied: 'denied',
  AllAccessDisabled: 'denied',
  AccountProblem: 'denied',
  ExpiredToken: 'denied',
  InvalidAccessKeyId: 'denied',
  InvalidToken: 'denied',
  SignatureDoesNotMatch: 'denied',
  RequestTimeTooSkewed: 'misconfigured', // this machine's clock
  CredentialsProviderError: 'misconfigured',
  AccessControlListNotSupported: 'misconfigured',
  AuthorizationHeaderMalformed: 'misconfigured', // another region than the bucket's
  IllegalLocationConstraintException: 'misconfigured',
  InvalidBucketName: 'misconfigured',
  NoSuchBucket: 'misconfigured',
  NotImplemented: 'misconfigured',
  PermanentRedirect: 'misconfigured',
  BandwidthLimitExceeded: 'throttled',
  ConditionalRequestConflict: 'throttled', // two writers of one key at once: later it works
  OperationAborted: 'throttled',
  RequestLimitExceeded: 'throttled',
  ServiceUnavailable: 'throttled', // "reduce your request rate"
  SlowDown: 'throttled',
  ThrottlingException: 'throttled',
  BadDigest: 'unreachable', // broken on the way
  IncompleteBody: 'unreachable',
  InternalError: 'unreachable',
  NoSuchUpload: 'unreachable', // ended by somebody else, or its answer was lost: beginning anew works
  RequestTimeout: 'unreachable',
  XAmzContentSHA256Mismatch: 'unreachable',
}

export type S3Failure = {
  /** S3's name for it, such as NoSuchKey; of a failure that is not S3's, the SDK's name or the socket's code. */
  name: string
  /** null: S3 did not answer. */
  status: number | null
}

export function failureOf(error: unknown): S3Failure {
  if (!(error instanceof Error)) return { name: '', status: null }
  const metadata = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }) : {}
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  const status = metadata.httpStatusCode ?? null
  return { name: status === null && code !== null ? code : error.name, status }
}

/** A HEAD has no body to say what is missing: for it a missing bucket looks like a missing object. */
export const isMissingObject = (error: unknown): boolean => {
  const { name, status } = failureOf(error)
  return status === 404 && (name === 'NoSuchKey' || name === 'NotFound')
}

export function translateS3Error(doing: string, cause: unknown): ObjectError {
  if (cause instanceof ObjectError) return cause
  const failure = failureOf(cause)
  return new ObjectError(codeOf(failure), `${doing}: ${describe(failure, cause)}`, { ...mendOf(failure), cause })
}

/** Which settings mend it; of what is not listed, any of those that say which bucket it is. */
function mendOf(failure: S3Failure): Mend {
  if (failure.status === 404) return noBucket
  if (codeOf(failure) === 'denied') return notLetIn
  if (failure.status === null && isTlsMismatch(failure.name)) return noTls
  return failure.name === 'CredentialsProviderError' ? noCredentials : {}
}

export const noBucket: Mend = { settings: ['S3_BUCKET'], expected: 'S3_BUCKET to name a bucket that is there' }

const credentials = ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY']
const notLetIn: Mend = {
  settings: credentials,
  expected: 'S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY to be right, and to have s3:ListBucket on S3_BUCKET',
}
const noCredentials: Mend = {
  settings: credentials,
  expected: 'S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or credentials where the SDK looks for them',
}
const noTls: Mend = {
  settings: ['S3_ENDPOINT'],
  expected: 'a certificate that this machine trusts, for the host in S3_ENDPOINT',
}

function codeOf({ name, status }: S3Failure): ObjectErrorCode {
  if (status === null && isTlsMismatch(name)) return 'misconfigured'
  return codes[name] ?? codeOfStatus(status)
}

function codeOfStatus(status: number | null): ObjectErrorCode {
  if (status === null || status === 408 || status >= 500) return 'unreachable'
  if (status === 401 || status === 403) return 'denied'
  if (status === 429) return 'throttled'
  if (status >= 400) return 'refused'
  return status >= 300 ? 'misconfigured' : 'unreachable' // an error inside an answer that began well
}

function describe({ name, status }: S3Failure, cause: unknown): string {
  const words = wordsOf(cause)
  const told = words === '' || words === name || words === 'UnknownError' ? name : `${name}: ${words}`
  return status === null ? told : `${told} (status ${status})`
}
