// Files of the WhatsApp Cloud API: by link, by id or in a form each is one that our own calls know.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claimUploads, readyUpload } from '../../src/instances/uploads-at-work.ts'
import { acceptedAs } from '../ground/api/accepted-as.ts'
import { type CloudApiRig, codeIn, idIn, openCloudApiRig, post } from '../ground/api/cloud-api-rig.ts'
import { adminKey } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: CloudApiRig
beforeAll(async () => {
  rig = await openCloudApiRig('api-cloud-api-files', logger)
})
afterAll(() => rig.close())

describe('files', () => {
  const link = 'https://files.example.com/a'
  const to = { chatId: '5511900000011@s.whatsapp.net' }
  test.each<[string, object, object]>([
    [
      'an image by link',
      { type: 'image', image: { link, caption: 'Olá' } },
      { ...to, kind: 'image', caption: 'Olá', media: { url: link } },
    ],
    ['a video by link', { type: 'video', video: { link } }, { ...to, kind: 'video', media: { url: link } }],
    ['audio by link', { type: 'audio', audio: { link } }, { ...to, kind: 'audio', media: { url: link } }],
    ['a voice note by link', { type: 'audio', audio: { link, voice: true } }, { ...to, kind: 'voice', media: { url: link } }],
    ['a sticker by link', { type: 'sticker', sticker: { link } }, { ...to, kind: 'sticker', media: { url: link } }],
    [
      'a document by link',
      { type: 'document', document: { link, filename: 'a.pdf' } },
      { ...to, kind: 'document', fileName: 'a.pdf', media: { url: link, fileName: 'a.pdf' } },
    ],
  ])('[F4] %s is the message that our own call asks for', async (_, said, asked) => {
    const headers = { 'idempotency-key': encodeURIComponent(JSON.stringify(said)).slice(-200) }
    const { status, json } = await post(rig, said, { headers })
    const ours = await rig.api.call('POST', '/v1/instances/shop/messages', { body: asked, headers })
    expect([status, ours.status, ours.json.messageId]).toEqual([200, 202, idIn(json)])
  })

  const upload = (fields: Record<string, string | File>, at = '/v21.0/shop') => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    return fetch(`${rig.api.url}${at}/media`, { method: 'POST', headers: { authorization: `Bearer ${adminKey}` }, body: form })
  }
  /** Whoever prepares uploads finds it to be what it is said to be. */
  async function prepared(uploadId: string) {
    const seen = {
      width: null,
      height: null,
      durationSeconds: null,
      thumbnail: null,
      pages: null,
      waveform: null,
      sha256: '0'.repeat(64),
    }
    await until('it to be prepared', async () => {
      for (const { row, claim } of await claimUploads(rig.api, { perInstance: 9, limit: 10, leaseMs: 60_000 })) {
        const { incomingKey: objectKey, fileName, mimetype, sizeBytes } = row
        const file = { ...seen, objectKey, fileName, mimetype: mimetype ?? '', sizeBytes: sizeBytes ?? 0 }
        await readyUpload(rig.api.database, { uploadId: row.uploadId, claim }, file)
      }
      return (await rig.api.call('GET', `/v1/uploads/${uploadId}`)).json.state === 'ready'
    })
  }
  const pdf = new File(['%PDF-1.7 an order'], 'order.pdf', { type: 'application/pdf' })

  test('[F4] [C13] one in a form is an upload, whose id a message names, which can be read and deleted', async () => {
    const answer = await upload({ messaging_product: 'whatsapp', type: 'application/pdf', file: pdf })
    const { id } = (await answer.json()) as { id: string }
    expect([answer.status, id]).toEqual([200, expect.stringMatching(/^[0-9a-f]{32}$/)])
    expect((await rig.api.call('GET', `/v1/uploads/${id}`)).json).toMatchObject({
      kind: 'document',
      fileName: 'order.pdf',
      sizeBytes: pdf.size,
    })
    // Until it is checked there is nothing to be read.
    expect((await rig.api.call('GET', `/v21.0/${id}`)).json.url).toBeNull()
    await prepared(id)
    const shown = await rig.api.call('GET', `/v21.0/${id}`)
    expect(shown).toMatchObject({
      status: 200,
      json: { messaging_product: 'whatsapp', id, mime_type: 'application/pdf', file_size: pdf.size },
    })
    expect(await (await fetch(String(shown.json.url))).text()).toBe('%PDF-1.7 an order')
    const sent = await post(rig, { type: 'document', document: { id, filename: 'order.pdf' } })
    expect(await acceptedAs(rig.api, idIn(sent.json))).toMatchObject({ kind: 'document', media: { uploadId: id } })
    const other = (await (await upload({ messaging_product: 'whatsapp', file: pdf })).json()) as { id: string }
    expect(await rig.api.call('DELETE', `/v21.0/${other.id}`)).toMatchObject({ status: 200, json: { success: true } })
    expect(await rig.api.call('GET', `/v21.0/${'0'.repeat(32)}`)).toMatchObject({
      status: 400,
      json: { error: { code: 100, error_subcode: 33 } },
    })
  })

  test('[F4] what is no form, has no file or is of another product is 100', async () => {
    expect(codeIn((await rig.api.call('POST', '/v21.0/shop/media', { body: {} })).json)).toBe(100)
    const empty = new File([], 'a.pdf', { type: 'application/pdf' })
    const long = new File(['a'], 'a'.repeat(300), { type: 'application/pdf' })
    for (const fields of [
      ...[{ messaging_product: 'whatsapp' }, { messaging_product: 'whatsapp', file: 'text' }, { file: pdf }],
      ...[empty, long].map(file => ({ messaging_product: 'whatsapp', file })),
    ])
      expect(codeIn((await (await upload(fields as Record<string, string | File>)).json()) as Record<string, unknown>)).toBe(100)
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    expect(codeIn((await rig.api.call('POST', '/v21.0/shop/media', { rawBody: 'no form', headers })).json)).toBe(100)
    expect(codeIn((await post(rig, { type: 'image', image: { id: '0'.repeat(32) } })).json)).toBe(100)
    expect(codeIn((await post(rig, { type: 'image', image: {} })).json)).toBe(100)
  })
})

test('[F4] [I3] a form is taken as a file alone, and a path with what Postgres cannot hold by nobody', async () => {
  const form = { 'content-type': 'multipart/form-data; boundary=x' }
  const message = await rig.api.call('POST', '/v21.0/shop/messages', { rawBody: '--x--', headers: form })
  expect([message.status, message.json.error]).toMatchObject([
    400,
    { error_data: { details: expect.stringContaining('application/json') } },
  ])
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/messages'],
    ['POST', '/media'],
  ] as const) {
    const { status, json } = await rig.api.call(method, `/v21.0/a%00b${path}`, method === 'POST' ? { body: {} } : {})
    expect([path, status, codeIn(json)]).toEqual([path, 400, 100])
  }
})
