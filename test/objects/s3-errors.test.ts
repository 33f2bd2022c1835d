// What S3, the SDK and sockets answer becomes one of the port's six errors, and says what was being done.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ObjectError, type ObjectErrorCode } from '../../src/objects/objects.ts'
import { openS3Store } from '../../src/objects/s3.ts'
import { isMissingObject, translateS3Error } from '../../src/objects/s3-errors.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const never = new AbortController().signal
const answered = (name: string, status: number) =>
  Object.assign(new Error('so it is'), { name, $metadata: { httpStatusCode: status } })
const broke = (code: string) => Object.assign(new Error('so it is'), { code, $metadata: {} })

const table: readonly [string, unknown, ObjectErrorCode][] = [
  ['no right', answered('AccessDenied', 403), 'denied'],
  ['a wrong secret', answered('SignatureDoesNotMatch', 403), 'denied'],
  ['an ended session', answered('ExpiredToken', 400), 'denied'],
  ['a 403 without a name, as HEAD has it', answered('403', 403), 'denied'],
  ['a 401 of a proxy', answered('Unauthorized', 401), 'denied'],
  ['no bucket', answered('NoSuchBucket', 404), 'misconfigured'],
  ['another region', answered('PermanentRedirect', 301), 'misconfigured'],
  ['another region, said by its signature', answered('AuthorizationHeaderMalformed', 400), 'misconfigured'],
  ['a bucket without ACLs', answered('AccessControlListNotSupported', 400), 'misconfigured'],
  ['a wrong clock', answered('RequestTimeTooSkewed', 403), 'misconfigured'],
  ['no credentials at all', Object.assign(new Error('none'), { name: 'CredentialsProviderError' }), 'misconfigured'],
  ['an untrusted certificate', broke('SELF_SIGNED_CERT_IN_CHAIN'), 'misconfigured'],
  ['no TLS where some was asked for', broke('EPROTO'), 'misconfigured'],
  ['too many requests', answered('SlowDown', 503), 'throttled'],
  ['a 429 of a proxy', answered('Whatever', 429), 'throttled'],
  ['two writers at once', answered('OperationAborted', 409), 'throttled'],
  ['an error inside', answered('InternalError', 500), 'unreachable'],
  ['an error inside, said after 200', answered('InternalError', 200), 'unreachable'],
  ['a 502 of a proxy', answered('Unknown', 502), 'unreachable'],
  ['bytes broken on the way', answered('XAmzContentSHA256Mismatch', 400), 'unreachable'],
  ['an upload that somebody ended', answered('NoSuchUpload', 404), 'unreachable'],
  ['nobody listening', broke('ECONNREFUSED'), 'unreachable'],
  ['a cut connection', broke('ECONNRESET'), 'unreachable'],
  ['a name without address', broke('ENOTFOUND'), 'unreachable'],
  ['a timeout', Object.assign(new Error('slow'), { name: 'TimeoutError' }), 'unreachable'],
  ['too large', answered('EntityTooLarge', 400), 'refused'],
  ['a 400 that nobody listed', answered('InvalidArgument', 400), 'refused'],
]

describe('[C4] a failure of S3', () => {
  test.for(table)('%s', ([, cause, code]) => {
    const error = translateS3Error('putting a/b', cause)
    expect(error.code).toBe(code)
    expect(error.retryable).toBe(code === 'throttled' || code === 'unreachable')
    expect(error.message).toMatch(/^putting a\/b: .+/)
    expect(error.cause).toBe(cause)
  })

  test('says its name, its words and its status', () => {
    expect(translateS3Error('putting a/b', answered('AccessDenied', 403)).message).toBe(
      'putting a/b: AccessDenied: so it is (status 403)',
    )
    expect(translateS3Error('putting a/b', broke('ECONNREFUSED')).message).toBe('putting a/b: ECONNREFUSED: so it is')
  })

  test('a missing object is no failure, a missing bucket is', () => {
    expect(isMissingObject(answered('NoSuchKey', 404))).toBe(true)
    expect(isMissingObject(answered('NotFound', 404))).toBe(true)
    expect(isMissingObject(answered('NoSuchBucket', 404))).toBe(false)
    expect(isMissingObject(answered('Not found', 404))).toBe(false)
  })
})

/** A server that answers as S3 does on a bad day; HEAD of the bucket is fine. */
async function openBadServer(
  answer: (response: ServerResponse, body: string, request: IncomingMessage) => void,
  more: { acl?: string } = {},
) {
  const { url } = await openLoopbackServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString()
    if (request.method === 'HEAD') return void response.end()
    answer(response, body, request)
  })
  return await openS3Store({
    bucket: 'a-bucket',
    endpoint: url,
    credentials: { accessKeyId: 'one', secretAccessKey: 'two' },
    logger: createLogger({ level: 'silent' }),
    ...more,
  })
}
const errorXml = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>so it is</Message></Error>`
const copy = { fromKey: 'from', toKey: 'to', contentType: 'a/b', metadata: {} }

test('[C6] a server that asks to slow down is asked again, and then the call is throttled', async () => {
  let asked = 0
  const store = await openBadServer(response => {
    asked += 1
    response.writeHead(503).end(errorXml('SlowDown'))
  })
  await expect(store.get({ key: 'a' }, never)).rejects.toMatchObject({ code: 'throttled', retryable: true })
  expect(asked).toBe(3)
})

test('[C4] a copy that fails after its answer began with 200 has failed', async () => {
  const store = await openBadServer(response => response.writeHead(200).end(errorXml('InternalError')))
  await expect(store.copy(copy, never)).rejects.toMatchObject({ code: 'unreachable' })
})

test('[C4] a source that is too large to be copied is refused, in the server’s words', async () => {
  const store = await openBadServer(response => response.writeHead(400).end(errorXml('InvalidRequest')))
  await expect(store.copy(copy, never)).rejects.toThrow('copying from to to: InvalidRequest: so it is (status 400)')
  await expect(store.copy(copy, never)).rejects.toMatchObject({ code: 'refused' })
})

test('[C11] keys that S3 kept are named', async () => {
  const kept = '<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code><Message>so it is</Message></Error></DeleteResult>'
  const store = await openBadServer(response => response.writeHead(200).end(kept))
  await expect(store.delete(['a', 'b'], never)).rejects.toThrow(
    'deleting 2 objects: AccessDenied: 1 were not, the first is b: so it is (status 200)',
  )
  await expect(store.delete(['a', 'b'], never)).rejects.toMatchObject({ code: 'denied' })
})

test('[C11] no more than 1,000 keys are deleted in one request', async () => {
  const batches: number[] = []
  const store = await openBadServer((response, body) => {
    batches.push(body.split('<Object>').length - 1)
    response.writeHead(200).end('<DeleteResult/>')
  })
  await store.delete(
    Array.from({ length: 2001 }, (_, n) => `key/${n}`),
    never,
  )
  expect(batches).toEqual([1000, 1000, 1])
})

test('[C4] a canned ACL is asked for with every object put whole, put in parts or copied, and never by default', async () => {
  const asked: unknown[] = []
  const noting = (response: ServerResponse, _: string, { headers }: IncomingMessage) => {
    asked.push(headers['x-amz-acl'])
    response.writeHead(400).end(errorXml('InvalidRequest'))
  }
  for (const acl of [{ acl: 'public-read' }, {}]) {
    const store = await openBadServer(noting, acl)
    for (const sizeBytes of [1, 6_000_000]) {
      async function* body() {
        yield Buffer.alloc(sizeBytes)
      }
      const put = store.put({ key: 'a', body: body(), contentType: 'a/b', metadata: {} }, never)
      await expect(put).rejects.toMatchObject({ code: 'refused' })
    }
    await expect(store.copy(copy, never)).rejects.toMatchObject({ code: 'refused' })
  }
  expect(asked).toEqual(['public-read', 'public-read', 'public-read', undefined, undefined, undefined])
})

test('an S3 without region and without endpoint is misconfigured', async () => {
  const region = process.env.AWS_REGION
  delete process.env.AWS_REGION
  onTestFinished(() => {
    if (region !== undefined) process.env.AWS_REGION = region
  })
  const opening = openS3Store({ bucket: 'a-bucket', logger: createLogger({ level: 'silent' }) })
  await expect(opening).rejects.toThrow(ObjectError)
  await expect(opening).rejects.toMatchObject({ code: 'misconfigured' })
})
