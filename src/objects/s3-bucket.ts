// One bucket's client: every request has deadlines, and every failure comes out as ObjectError saying what was being done.
import { HeadBucketCommand, ListObjectsV2Command, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { Logger } from '../runtime/logger.ts'
import { ObjectError } from './objects.ts'
import { failureOf, noBucket, translateS3Error } from './s3-errors.ts'

export type S3Options = {
  bucket: string
  /** Unset: Amazon's. */
  endpoint?: string
  /** Unset: the SDK's chain, or us-east-1 where there is an endpoint. */
  region?: string
  /** Unset: the SDK's chain (environment, files, the machine's role). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string; expiresAt?: number }
  /** {endpoint}/{bucket}/{key} instead of {bucket}.{endpoint}/{key}. Unset: where there is an endpoint. */
  forcePathStyle?: boolean
  /** Begins the keys of new objects; ends in a slash [none]. */
  keyPrefix?: string
  /** Canned, given to every object that is put or copied. */
  acl?: string
  /** [5 s] */
  connectTimeoutMs?: number
  /** Until an answer begins, and the longest silence in a body [15 s]. Uploads get their size at 256 KiB/s more, slow calls four times that. */
  answerTimeoutMs?: number
  logger: Logger
  clock?: () => number
}

export type S3Bucket = {
  name: string
  client: S3Client
  answerTimeoutMs: number
  logger: Logger
  /** Runs one request within its deadlines. What it rejects with, the SDK's errors too, comes out as ObjectError. */
  within<Answer>(
    call: { doing: string; sizeBytes?: number; slow?: boolean; request: (options: RequestOptions) => Promise<Answer> },
    signal: AbortSignal,
  ): Promise<Answer>
}
/** For client.send: the signal ends the request, also while its body is read; the timeout ends each try that has no answer yet. */
export type RequestOptions = { abortSignal: AbortSignal; requestTimeout: number }

const CONNECT_TIMEOUT_MS = 5_000
const ANSWER_TIMEOUT_MS = 15_000
const SLOW_FACTOR = 4
const LEAST_BYTES_PER_SECOND = 256 * 1024
const MAX_ATTEMPTS = 3
/** Waits between tries. */
const SPARE_MS = 5_000
/** A reader that is slow holds its socket: well beyond the transfers of one process. */
const MAX_SOCKETS = 256

/** Rejects ObjectError, and leaves no connection behind then; `misconfigured` where there is no such bucket. */
export async function openS3Bucket(options: S3Options, signal: AbortSignal): Promise<S3Bucket> {
  const { bucket: name, logger, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options
  const client = createClient(options)
  const within: S3Bucket['within'] = async ({ doing, sizeBytes = 0, slow = false, request }, signal) => {
    if (signal.aborted) throw aborted(doing, signal)
    const requestTimeout = answerTimeoutMs * (slow ? SLOW_FACTOR : 1) + Math.ceil((sizeBytes / LEAST_BYTES_PER_SECOND) * 1000)
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), requestTimeout * MAX_ATTEMPTS + SPARE_MS)
    try {
      return await request({ abortSignal: AbortSignal.any([signal, deadline.signal]), requestTimeout })
    } catch (cause) {
      if (signal.aborted) throw aborted(doing, signal)
      if (deadline.signal.aborted) throw new ObjectError('unreachable', `${doing}: no answer, ${MAX_ATTEMPTS} times`, { cause })
      throw translateS3Error(doing, cause)
    } finally {
      clearTimeout(timer)
    }
  }
  const bucket: S3Bucket = { name, client, answerTimeoutMs, logger, within }
  try {
    await checkRegion(client)
    await checkBucket(bucket, signal)
    return bucket
  } catch (error) {
    client.destroy()
    throw error
  }
}

function createClient(options: S3Options): S3Client {
  const { endpoint, credentials, region = endpoint === undefined ? undefined : 'us-east-1' } = options
  const { forcePathStyle = endpoint !== undefined } = options
  const identity = credentials && {
    ...credentials,
    ...(credentials.expiresAt !== undefined && { expiration: new Date(credentials.expiresAt) }),
  }
  const settings: S3ClientConfig = {
    forcePathStyle,
    maxAttempts: MAX_ATTEMPTS,
    // SigV4 signs the SHA-256 of what we send; servers other than Amazon's stumble over checksums beyond that, presigned URLs too.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      socketTimeout: 0, // it would end bodies whose reader is slow: see s3-body.ts
      httpAgent: { maxSockets: MAX_SOCKETS, keepAlive: true },
      httpsAgent: { maxSockets: MAX_SOCKETS, keepAlive: true },
    },
  }
  return new S3Client({
    ...settings,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(identity !== undefined && { credentials: identity }),
  })
}

async function checkRegion(client: S3Client): Promise<void> {
  try {
    await client.config.region()
  } catch (cause) {
    throw new ObjectError('misconfigured', 'opening the object store: expected a region or an endpoint', { cause })
  }
}

/** Without the right to list, S3 answers 403 for a missing object, and nothing could be told from a denial. */
export async function checkBucket({ name, client, within }: S3Bucket, signal: AbortSignal): Promise<void> {
  await within(
    {
      doing: `looking for the bucket ${name} (needs s3:ListBucket)`,
      request: async options => {
        try {
          await client.send(new HeadBucketCommand({ Bucket: name }), options)
        } catch (cause) {
          if (statusOf(cause) !== 404) {
            // The answer to a HEAD has no words, and a wrong secret, a wrong region and a missing right differ only in theirs.
            if (isRefusal(cause)) await client.send(new ListObjectsV2Command({ Bucket: name, MaxKeys: 1 }), options)
            throw cause
          }
          throw new ObjectError('misconfigured', `looking for the bucket ${name}: there is none (status 404)`, {
            ...noBucket,
            cause,
          })
        }
      },
    },
    signal,
  )
}

const isRefusal = (error: unknown) => {
  const status = statusOf(error)
  return status !== null && status >= 300 && status < 500
}

const statusOf = (error: unknown) => failureOf(error).status
const aborted = (doing: string, signal: AbortSignal) => new ObjectError('aborted', `${doing}: aborted`, { cause: signal.reason })
