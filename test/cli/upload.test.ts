// Guarantee: zaplog upload puts a file where it is told, sends it once, and says what came of it, in words and by its exit code.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { mimetypeOf } from '../../src/cli/mimetypes.ts'
import { uploadFile } from '../../src/cli/upload.ts'
import { alwaysJson, alwaysProblem, KEY, refused } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const shop = { id: 'shop', name: 'Shop', state: 'open', stateAt: '2026', reasonText: null, phone: null }
const upload = { uploadId: 'u1', state: 'sent', messageId: '3EB0A1', reason: null, reasonText: null }
let directory: string
let photo: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zaplog-upload-'))
  photo = join(directory, 'praia.JPG')
  await writeFile(photo, 'the bytes')
})
afterAll(() => rm(directory, { recursive: true }))

/** `states`: what the upload is each time that it is read, the last one for ever. */
async function openZaplog(states: readonly object[], refuses?: string) {
  const asked: { call: string; body: string; headers: NodeJS.Dict<string | string[]> }[] = []
  let reads = 0
  const server = await openLoopbackServer(async (request, response) => {
    const call = `${request.method} ${request.url?.split('?')[0]}`
    if (request.method !== 'GET') asked.push({ call, body: String(await buffer(request)), headers: request.headers })
    if (call === refuses) return alwaysProblem(503, 'unavailable')(request, response)
    if (call === 'GET /v1/instances') return alwaysJson(200, { data: [shop], nextCursor: null })(request, response)
    if (call === 'POST /v1/instances/shop/uploads')
      return alwaysJson(201, {
        uploadId: 'u1',
        url: `${server.url}/objects/k`,
        headers: { 'content-type': 'image/jpeg', 'content-length': '9' },
      })(request, response)
    if (call === 'PUT /objects/k') return void response.end()
    if (call === 'POST /v1/uploads/u1/complete') return alwaysJson(202, { ...upload, state: 'processing' })(request, response)
    return alwaysJson(200, states[Math.min(reads++, states.length - 1)] ?? {})(request, response)
  })
  return { env: { ZAPLOG_URL: server.url, ADMIN_API_KEY: KEY }, asked }
}

test('[H7] [C13] a file is announced, put, completed and followed to its end', async () => {
  const zaplog = await openZaplog([{ ...upload, state: 'ready' }, upload])
  const { code, out, err } = await runVerb(
    ['upload', photo, '--to', '5511900000011', '--caption', 'Olá', '--key', 'k1'],
    zaplog.env,
  )
  expect({ code, out, err }).toEqual({
    code: exitCodes.done,
    out: `WhatsApp took ${photo} for 5511900000011 (message 3EB0A1)\n`,
    err: '',
  })
  const [asking, putting, completing] = zaplog.asked
  expect(JSON.parse(asking?.body ?? '')).toEqual({
    ...{ chatId: '5511900000011', fileName: 'praia.JPG', mimetype: 'image/jpeg', sizeBytes: 9, caption: 'Olá' },
  })
  expect(asking?.headers['idempotency-key']).toBe('k1')
  expect(putting).toMatchObject({
    call: 'PUT /objects/k',
    body: 'the bytes',
    headers: { 'content-length': '9', 'content-type': 'image/jpeg' },
  })
  expect(putting?.headers.authorization).toBeUndefined()
  expect(completing?.call).toBe('POST /v1/uploads/u1/complete')
})

test('[H7] [C13] what failed ends with 1 and says why; a file that is not there with 2', async () => {
  const zaplog = await openZaplog([{ ...upload, state: 'failed', reasonText: 'expected image/jpeg, got application/pdf' }])
  const { code, err } = await runVerb(['upload', photo, '--to', '5511900000011'], zaplog.env)
  expect([code, err]).toEqual([
    exitCodes.failed,
    expect.stringContaining('it was not sent: expected image/jpeg, got application/pdf'),
  ])
  const none = await runVerb(['upload', join(directory, 'none'), '--to', '5511900000011'], zaplog.env)
  expect([none.code, none.err]).toEqual([exitCodes.usage, expect.stringContaining('ENOENT')])
})

test.each(['POST /v1/instances/shop/uploads', 'POST /v1/uploads/u1/complete', 'GET /v1/uploads/u1'])(
  '[H7] [C13] where %s has no answer, the key that sends it once is said, also with --json',
  async refuses => {
    const zaplog = await openZaplog([upload], refuses)
    const { code, said } = await refused(['upload', photo, '--to', '5511900000011'], zaplog.env)
    const key = zaplog.asked[0]?.headers['idempotency-key']
    expect(key).toMatch(/^[0-9a-f-]{36}$/)
    expect([code, said]).toEqual([exitCodes.tryLater, expect.stringContaining(`the same again with --key ${key} is sent once`)])
    const json = await refused(['upload', photo, '--to', '5511900000011', '--key', 'k1', '--json'], zaplog.env)
    expect(JSON.parse(json.said)).toMatchObject({ idempotencyKey: 'k1' })
  },
)

test('[H7] [C13] what is not sent yet is worth another look with its key', async () => {
  const { env } = await openZaplog([{ ...upload, state: 'processing' }])
  const api = { base: env.ZAPLOG_URL, key: KEY, keyFrom: 'ADMIN_API_KEY', zaplog: './zaplog' }
  const how = { progress: () => undefined, waitMs: 0, stopping: new AbortController().signal }
  const error: unknown = await uploadFile(api, { path: photo, to: '5511900000011', key: 'k1' }, how).catch(
    (error: unknown) => error,
  )
  expect(error).toMatchObject({
    exitCode: exitCodes.tryLater,
    message: 'it is not sent yet (processing), and zaplog goes on with it; the same again with --key k1 is sent once',
    told: { rest: { upload: { state: 'processing' }, idempotencyKey: 'k1' } },
  })
})

test('[H7] [C13] without --to it is sent to nobody, and its id is said once it is ready', async () => {
  const zaplog = await openZaplog([
    { ...upload, state: 'processing' },
    { ...upload, state: 'ready' },
  ])
  const { code, out, err } = await runVerb(['upload', photo, '--kind', 'sticker'], zaplog.env)
  expect({ code, out, err }).toEqual({ code: exitCodes.done, out: 'u1\n', err: '' })
  expect(JSON.parse(zaplog.asked[0]?.body ?? '')).toEqual({
    ...{ kind: 'sticker', fileName: 'praia.JPG', mimetype: 'image/jpeg', sizeBytes: 9 },
  })
})

test('[H7] documents of offices are named by their types', () => {
  expect(['a.docx', 'b.XLSX', 'c.ppt'].map(mimetypeOf)).toEqual([
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.ms-powerpoint',
  ])
})
