// Files to send over HTTP: what is said of one is judged before its bytes, its bytes go straight into the store, and each ends once.
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { forgetCommands, type Outcome } from '../../src/instances/commands.ts'
import { beginTry, claimCommands, decideOutcome, endCommand, putOff } from '../../src/instances/commands-at-work.ts'
import { findUpload } from '../../src/instances/uploads.ts'
import { claimUploads, readyUpload } from '../../src/instances/uploads-at-work.ts'
import { LogError } from '../../src/log/log.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { type Answer, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { projectEvents, tellApi } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['request.failed'])
let api: TestApi
let projecting: readonly { close(): Promise<void> }[] = []
/** The log takes no commands. */
let refuses = false
beforeAll(async () => {
  api = await openTestApi('api-uploads', logger, {
    uploads: { maxImageBytes: 1000 },
    log: log => ({
      ...log,
      get inside() {
        return refuses ? null : log.inside
      },
      append: async (given, signal) => {
        if (refuses && given.topic.endsWith('commands'))
          throw new LogError('unavailable', 'appending 1 record: leader not available')
        return await log.append(given, signal)
      },
    }),
  })
  projecting = [await projectEvents(api, logger), await projectEvents(api, logger, commands)]
  expect((await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })).status).toBe(201)
})
afterAll(async () => {
  for (const one of projecting) await one.close()
  await api.close()
})

const photo = Buffer.alloc(300, 1)
const aPhoto = { fileName: 'photo.jpg', mimetype: 'image/jpeg', sizeBytes: photo.length }
const ask = (body: unknown = aPhoto, key?: string): Promise<Answer> =>
  api.call('POST', '/v1/instances/shop/uploads', { body, ...(key !== undefined && { headers: { 'idempotency-key': key } }) })
const complete = (id: unknown) => api.call('POST', `/v1/uploads/${id}/complete`)
const read = async (id: unknown) => (await api.call('GET', `/v1/uploads/${id}`)).json
const put = (
  url: unknown,
  body: Uint8Array<ArrayBuffer> = photo,
  headers: Record<string, string> = { 'content-type': 'image/jpeg' },
) => api.call('PUT', String(url), { rawBody: body, headers, key: null })

async function uploaded(): Promise<string> {
  const { json } = await ask()
  expect((await put(json.url)).status).toBe(200)
  return String(json.uploadId)
}

async function eventsIn(topic: 'events' | 'commands'): Promise<Event[]> {
  const signal = AbortSignal.timeout(10_000)
  const read = api.testLog.log.read(api.testLog.topic(topic), { from: 'first', until: 'end' }, signal)
  return (await Array.fromAsync(read, ({ value }) => api.testLog.codec.decode(value, signal))).filter(event => event !== null)
}
const eventsOf = async (uploadId: unknown) =>
  (await eventsIn('events')).filter(event => 'uploadId' in event && event.uploadId === uploadId)

describe('asking', () => {
  test('[C13] answers where the bytes go, until when and with what, and tells it', async () => {
    const { status, json, headers } = await ask(aPhoto, 'order 1')
    expect(status).toBe(201)
    expect(json).toEqual({
      uploadId: expect.stringMatching(/^[0-9a-f]{32}$/),
      url: expect.stringContaining(`${api.url}/objects/incoming/shop/uploads/${json.uploadId}`),
      method: 'PUT',
      headers: { 'content-type': 'image/jpeg', 'content-length': '300' },
      expiresAt: new Date(api.clock.nowAt + 5 * 60_000).toISOString(),
      idempotencyKey: 'order 1',
    })
    expect(headers.get('location')).toBe(`/v1/uploads/${json.uploadId}`)
    expect(await eventsOf(json.uploadId)).toMatchObject([
      { type: 'upload.requested', instanceId: 'shop', kind: 'image', source: 'upload', fileName: 'photo.jpg', sizeBytes: 300 },
    ])
    expect(await read(json.uploadId)).toMatchObject({ state: 'pending', kind: 'image', instanceId: 'shop', chatId: null })
  })

  test('[C13] the same key is the same upload and told once; another file under it is refused', async () => {
    const first = await ask(aPhoto, 'twice')
    const again = await ask(aPhoto, 'twice')
    expect(again.json).toEqual(first.json)
    expect(await eventsOf(first.json.uploadId)).toHaveLength(1)
    const other = await ask({ ...aPhoto, sizeBytes: 301 }, 'twice')
    expect(other).toMatchObject({ status: 409, json: { type: 'urn:zaplog:problem:idempotency-key-reused' } })
  })

  test.each<[string, object, string]>([
    ['no byte', { sizeBytes: 0 }, '/sizeBytes'],
    ['fewer than none', { sizeBytes: -1 }, '/sizeBytes'],
    ['5 GiB', { sizeBytes: 5 * 1024 ** 3, kind: 'document' }, '/sizeBytes'],
    ['more than its kind may have', { sizeBytes: 1001 }, '/sizeBytes'],
    ['a type that its kind has not', { kind: 'image', mimetype: 'application/pdf' }, '/mimetype'],
    ['other audio as a voice note', { kind: 'voice', mimetype: 'audio/mpeg' }, '/mimetype'],
    ['no type', { mimetype: 'photo' }, '/mimetype'],
    ['no name', { fileName: ' ' }, '/fileName'],
    ['a caption where there is none', { kind: 'voice', mimetype: 'audio/ogg', caption: 'hi' }, '/caption'],
    ['a kind that there is not', { kind: 'hologram' }, '/kind'],
    ['a chat that is none', { chatId: 'somebody' }, '/chatId'],
  ])('[C13] %s is refused with the field, what was expected and what came', async (_what, given, pointer) => {
    const { status, json } = await ask({ ...aPhoto, ...given })
    expect(status).toBe(422)
    expect(json.errors).toMatchObject([{ pointer, expected: expect.any(String), received: expect.any(String) }])
  })

  test.each([
    ['image/webp; x=1', 'image'],
    ['video/mp4', 'video'],
    ['audio/ogg; codecs=opus', 'audio'],
    ['application/pdf', 'document'],
    ['image/svg+xml', 'document'],
  ])('[C13] %s is sent as %s where nothing is said', async (mimetype, kind) => {
    const { json } = await ask({ ...aPhoto, mimetype })
    expect(await read(json.uploadId)).toMatchObject({ kind })
  })

  test('[C13] of an account that is not there is 404', async () => {
    const { status } = await api.call('POST', '/v1/instances/nobody/uploads', { body: aPhoto })
    expect(status).toBe(404)
    expect((await api.call('GET', '/v1/uploads/nothing')).status).toBe(404)
  })
})

describe('putting', () => {
  test('[C13] the bytes are in the store, and completing is 202 and prepares them', async () => {
    const uploadId = await uploaded()
    const { status, json } = await complete(uploadId)
    expect([status, json.state]).toEqual([202, 'processing'])
    const row = await findUpload(api.database, 'shop', uploadId)
    const object = await api.objects.get({ key: row?.incomingKey ?? '' }, AbortSignal.timeout(10_000))
    expect(Buffer.concat(await Array.fromAsync(object?.body ?? []))).toEqual(photo)
    expect(object?.head.contentType).toBe('image/jpeg')
    expect((await complete(uploadId)).json).toEqual(json)
  })

  test('[C13] more or fewer bytes than announced, and another type, are refused before they are taken', async () => {
    const { json } = await ask()
    expect((await put(json.url, Buffer.alloc(301))).status).toBe(422)
    expect((await put(json.url, Buffer.alloc(299))).status).toBe(422)
    expect((await put(json.url, photo, { 'content-type': 'image/png' })).status).toBe(415)
    expect((await complete(json.uploadId)).json.type).toBe('urn:zaplog:problem:upload-not-received')
  })

  test('[C13] a signature that is over, was stretched or is for another key is refused', async () => {
    const { json } = await ask()
    const url = new URL(String(json.url))
    url.searchParams.set('exp', String(Number(url.searchParams.get('exp')) + 60))
    expect((await put(url)).status).toBe(403)
    expect((await put(String(json.url).replace('/shop/', '/store/'))).status).toBe(403)
    api.clock.nowAt += 5 * 60_000
    expect((await put(json.url)).status).toBe(410)
  })

  test('[C13] a client that goes away in the middle leaves nothing, and may put it again', async () => {
    const { json } = await ask()
    const url = new URL(String(json.url))
    const socket = connect(Number(url.port), url.hostname)
    socket.write(
      `PUT ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: image/jpeg\r\ncontent-length: 300\r\n\r\n`,
    )
    socket.write(photo.subarray(0, 100))
    await until('it to be written', () => socket.bytesWritten > 300 && socket.writableLength === 0)
    socket.destroy()
    expect((await complete(json.uploadId)).status).toBe(409)
    expect((await put(json.url)).status).toBe(200)
    expect((await complete(json.uploadId)).status).toBe(202)
  })

  test('[C13] a second one after it was completed is refused', async () => {
    const { json } = await ask()
    await put(json.url)
    await put(json.url)
    await complete(json.uploadId)
    expect(await put(json.url)).toMatchObject({ status: 409, json: { type: 'urn:zaplog:problem:upload-over' } })
  })
})

describe('completing', () => {
  test('[C13] before its bytes are there is 409, and it may be completed after', async () => {
    const { json } = await ask()
    expect(await complete(json.uploadId)).toMatchObject({ status: 409, json: { type: 'urn:zaplog:problem:upload-not-received' } })
    await put(json.url)
    expect((await complete(json.uploadId)).status).toBe(202)
  })

  test('[C13] once it is ready, it says what is sent', async () => {
    const uploadId = await uploaded()
    await complete(uploadId)
    await makeReady(uploadId)
    expect(await read(uploadId)).toMatchObject({ state: 'ready', mimetype: 'image/png', sizeBytes: 7, width: 3, height: 4 })
    expect((await complete(uploadId)).json.state).toBe('ready')
  })

  test('[C13] only a send that failed is tried again', async () => {
    const uploadId = await uploaded()
    const retry = () => api.call('POST', `/v1/uploads/${uploadId}/retry`)
    expect((await retry()).json.type).toBe('urn:zaplog:problem:upload-over')
    await complete(uploadId)
    expect((await retry()).json.type).toBe('urn:zaplog:problem:upload-over')
  })
})

describe('an upload with a chat', () => {
  /** A chat of its own: what waits in one holds what comes after it. */
  let chats = 10
  const toSend = () => {
    chats += 1
    return { ...aPhoto, chatId: `55119000000${chats}`, caption: 'Olá' }
  }
  async function completed(): Promise<{ uploadId: string; json: Record<string, unknown> }> {
    const { json } = await ask(toSend())
    await put(json.url)
    const answer = await complete(json.uploadId)
    expect(answer.status).toBe(202)
    expect(answer.headers.get('zaplog-position')).not.toBeNull()
    return { uploadId: String(json.uploadId), json: answer.json }
  }
  async function sent(commandId: unknown): Promise<Event[]> {
    const all = await eventsIn('commands')
    return all.filter(one => one.type === 'command.accepted' && one.commandId === commandId)
  }
  /** As who holds the account does it. */
  const owned = { instanceId: 'shop', epoch: 1 }
  async function claim(commandId: unknown) {
    await api.database.query(`insert into instance_owners (instance_id, epoch) values ('shop', 1) on conflict do nothing`)
    await until('it to be claimed', async () => {
      const claimed = await claimCommands(api.database, owned, {
        busy: [],
        limit: 50,
        turns: 50,
        firsts: { spacingMs: 0, perDay: 0 },
      })
      return claimed.some(one => one.command_id === commandId)
    })
  }
  async function end(commandId: unknown, outcome: Outcome) {
    await claim(commandId)
    await decideOutcome(api.database, { ...owned, commandId: String(commandId), outcome })
    await endCommand(api.database, { instanceId: 'shop', commandId: String(commandId) })
  }
  const refusal = {
    type: 'command.failed',
    at: 1,
    reason: 'refused',
    reasonText: 'WhatsApp refused it (479)',
    code: '479',
  } as const

  test('[C13] [F1] completing accepts the message at once, before the file is prepared, and once', async () => {
    const { uploadId, json } = await completed()
    expect(json).toMatchObject({ state: 'processing', chatId: '5511900000011@s.whatsapp.net', caption: 'Olá' })
    expect(json.messageId).toMatch(/^3EB0[0-9A-F]{18}$/)
    expect((await complete(uploadId)).json.commandId).toBe(json.commandId)
    const [accepted, ...others] = await sent(json.commandId)
    expect(others).toEqual([])
    const body = accepted?.type === 'command.accepted' ? JSON.parse(accepted.body) : null
    expect(body).toMatchObject({ kind: 'image', chatId: '5511900000011@s.whatsapp.net', caption: 'Olá', media: { uploadId } })
  })

  test('[C13] that was asked for by number is answered under the address that the chat has', async () => {
    const [id, pn] = ['100000000000071@lid', '5511900000071@s.whatsapp.net']
    const received = anEvent('message.received', { instanceId: 'shop', chatId: id, chatPn: pn, senderId: id, senderPn: pn })
    await tellApi(api, [received])
    const said = { ...aPhoto, chatId: '+55 11 90000-0071' }
    const { json } = await ask(said, 'by number')
    expect((await read(json.uploadId)).chatId).toBe(id)
    expect((await ask(said, 'by number')).json.uploadId).toBe(json.uploadId)
    await put(json.url)
    const { commandId, chatId } = (await complete(json.uploadId)).json
    expect(chatId).toBe(id)
    expect(await sent(commandId)).toMatchObject([{ chatId: id }])
  })

  test('[C13] is sent once its command is completed, and is then neither sent again nor given up', async () => {
    const { uploadId, json } = await completed()
    await makeReady(uploadId)
    await end(json.commandId, { type: 'command.completed', at: 1, saidAt: null })
    expect(await read(uploadId)).toMatchObject({ state: 'sent', reason: null })
    expect((await api.call('POST', `/v1/uploads/${uploadId}/retry`)).status).toBe(409)
    expect((await api.call('DELETE', `/v1/uploads/${uploadId}`)).status).toBe(409)
  })

  test('[C13] fails with its command, and is sent again by another one', async () => {
    const { uploadId, json } = await completed()
    await makeReady(uploadId)
    await end(json.commandId, refusal)
    expect(await read(uploadId)).toMatchObject({ state: 'failed', reason: 'refused', reasonText: 'WhatsApp refused it (479)' })
    api.clock.nowAt += 1
    const again = await api.call('POST', `/v1/uploads/${uploadId}/retry`)
    expect([again.status, again.json.state]).toEqual([202, 'ready'])
    expect(again.json.commandId).not.toBe(json.commandId)
    expect(await sent(again.json.commandId)).toHaveLength(1)
    await end(again.json.commandId, { type: 'command.completed', at: 1, saidAt: null })
    expect((await read(uploadId)).state).toBe('sent')
  })

  test('[C13] is not given up while it is being sent', async () => {
    const { uploadId, json } = await completed()
    await claim(json.commandId)
    expect((await api.call('DELETE', `/v1/uploads/${uploadId}`)).json.type).toBe('urn:zaplog:problem:upload-over')
    await end(json.commandId, refusal)
  })

  const giveUp = async (uploadId: string) => (await api.call('DELETE', `/v1/uploads/${uploadId}`)).status

  test('[C13] is not given up once a try of it may have reached WhatsApp, also while that is repeated', async () => {
    const { uploadId, json } = await completed()
    await makeReady(uploadId)
    await claim(json.commandId)
    const of = { ...owned, commandId: String(json.commandId) }
    await beginTry(api.database, { ...of, tries: 1, built: Buffer.from('sealed') })
    await putOff(api.database, { ...of, delayMs: 0, tries: null, turn: 'none', refusal: null })
    expect(await giveUp(uploadId)).toBe(409)
    await end(json.commandId, refusal)
    expect(await giveUp(uploadId)).toBe(204)
  })

  test('[C13] is given up where a try was put off before anything of it went out', async () => {
    const { uploadId, json } = await completed()
    await claim(json.commandId)
    const of = { ...owned, commandId: String(json.commandId) }
    await putOff(api.database, { ...of, delayMs: 0, tries: 0, turn: 'none', refusal: null })
    expect(await giveUp(uploadId)).toBe(204)
    await end(json.commandId, refusal)
  })

  test('[C13] [F1] without one says the command of the message that names it, and is not given up once that was sent', async () => {
    const uploadId = await uploaded()
    await complete(uploadId)
    await makeReady(uploadId)
    const body = { chatId: toSend().chatId, kind: 'image', media: { uploadId } }
    const { json } = await api.call('POST', '/v1/instances/shop/messages', { body })
    expect(await read(uploadId)).toMatchObject({ state: 'ready', commandId: json.commandId, messageId: json.messageId })
    const { data } = (await api.call('GET', '/v1/instances/shop/uploads?limit=200')).json
    expect(data).toContainEqual(await read(uploadId))
    await end(json.commandId, { type: 'command.completed', at: 1, saidAt: null })
    expect(await read(uploadId)).toMatchObject({ state: 'sent' })
    expect(await giveUp(uploadId)).toBe(409)
  })

  test('[C13] without one is not sent again by itself', async () => {
    const uploadId = await uploaded()
    await complete(uploadId)
    await makeReady(uploadId)
    const body = { chatId: toSend().chatId, kind: 'image', media: { uploadId } }
    const { json } = await api.call('POST', '/v1/instances/shop/messages', { body })
    await end(json.commandId, refusal)
    expect((await api.call('POST', `/v1/uploads/${uploadId}/retry`)).json.type).toBe('urn:zaplog:problem:upload-over')
  })

  test('[C13] stays sent for longer than its command is remembered', async () => {
    const { uploadId, json } = await completed()
    await makeReady(uploadId)
    await end(json.commandId, { type: 'command.completed', at: 1, saidAt: null })
    await api.database.query(
      `update commands set asked_at = now() - interval '15 days', ended_at = now() - interval '15 days' where command_id = $1`,
      [json.commandId],
    )
    expect(await forgetCommands(api.database, { maxRows: 10 })).toBe(1)
    expect(await read(uploadId)).toMatchObject({ state: 'sent', commandId: json.commandId })
    expect(await giveUp(uploadId)).toBe(409)
  })

  test('[C13] whose log takes nothing is completed by whoever asks again', async () => {
    const { json } = await ask(toSend())
    await put(json.url)
    refuses = true
    expect((await complete(json.uploadId)).status).toBe(503)
    refuses = false
    // Nobody prepares it before its command is known: what is told of it would not name that.
    expect((await read(json.uploadId)).state).toBe('pending')
    const { status, json: after } = await complete(json.uploadId)
    expect(status).toBe(202)
    expect(await sent(after.commandId)).toHaveLength(1)
  })
})

describe('giving up', () => {
  test('[C13] is told once, takes the bytes away, and nothing is done with it after', async () => {
    const uploadId = await uploaded()
    const giveUp = () => api.call('DELETE', `/v1/uploads/${uploadId}`)
    expect((await giveUp()).status).toBe(204)
    expect((await giveUp()).status).toBe(204)
    expect(await read(uploadId)).toMatchObject({ state: 'failed', reason: 'given-up' })
    expect((await complete(uploadId)).status).toBe(409)
    expect((await eventsOf(uploadId)).map(one => one.type)).toEqual(['upload.requested', 'upload.failed'])
    const row = await findUpload(api.database, 'shop', uploadId)
    expect(await api.objects.head(row?.incomingKey ?? '', AbortSignal.timeout(10_000))).toBeNull()
  })
})

test('[D4] an account’s uploads are listed newest first, page by page', async () => {
  await api.call('POST', '/v1/instances', { body: { id: 'store', name: 'Store' } })
  const made: unknown[] = []
  for (const fileName of ['a', 'b', 'c']) {
    api.clock.nowAt += 1000
    made.push((await api.call('POST', '/v1/instances/store/uploads', { body: { ...aPhoto, fileName } })).json.uploadId)
  }
  const first = (await api.call('GET', '/v1/instances/store/uploads?limit=2')).json
  const second = (await api.call('GET', `/v1/instances/store/uploads?limit=2&cursor=${first.nextCursor}`)).json
  const ids = [first, second].flatMap(page => (page.data as { uploadId: string }[]).map(one => one.uploadId))
  expect(ids).toEqual(made.reverse())
  expect(second.nextCursor).toBeNull()
})

/** As who prepares files does it. */
async function makeReady(uploadId: string) {
  const { claim } = await until('it to be claimed', async () =>
    (await claimUploads(api, { limit: 100, perInstance: 100, leaseMs: 60_000 })).find(({ row }) => row.uploadId === uploadId),
  )
  const facts = { width: 3, height: 4, durationSeconds: null, thumbnail: Buffer.from('jpeg'), pages: null, waveform: null }
  const file = { objectKey: 'k', mimetype: 'image/png', sizeBytes: 7, sha256: 'aa', fileName: null, ...facts }
  await readyUpload(api.database, { uploadId, claim }, file)
}
