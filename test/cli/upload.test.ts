// Guarantee: zaplog upload puts a file where it is told, sends it once, and says what came of it, in words and by its exit code.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { alwaysJson, KEY } from '../ground/cli/refused.ts'
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
async function openZaplog(states: readonly object[]) {
  const asked: { call: string; body: string; headers: NodeJS.Dict<string | string[]> }[] = []
  let reads = 0
  const server = await openLoopbackServer(async (request, response) => {
    const call = `${request.method} ${request.url?.split('?')[0]}`
    if (request.method !== 'GET') asked.push({ call, body: String(await buffer(request)), headers: request.headers })
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
