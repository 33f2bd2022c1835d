// The WhatsApp Cloud API's calls as Meta's reference has them: each becomes one of our commands, and answers in its shapes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claimUploads, readyUpload } from '../../src/instances/uploads-at-work.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { acceptedAs } from '../ground/api/accepted-as.ts'
import { endNextCommand } from '../ground/api/end-next-command.ts'
import { adminKey, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let api: TestApi
let projecting: readonly { close(): Promise<void> }[] = []
/** Where the message THEIRS is. */
let chatId = ''
const phone = '5511900000001'
beforeAll(async () => {
  api = await openTestApi('api-cloud-api', logger, { dialects: ['cloud-api'] })
  projecting = [await projectEvents(api, logger), await projectEvents(api, logger, commands)]
  for (const id of ['shop', 'twin', 'other']) await api.call('POST', '/v1/instances', { body: { id, name: `The ${id}` } })
  const received = anEvent('message.received', {
    instanceId: 'shop',
    messageId: 'THEIRS',
    text: 'Olá',
    occurredAt: api.clock.nowAt,
  })
  chatId = String(received.chatId)
  await paired('shop', phone)
  const position = await appendEvents(api, [received])
  expect((await api.call('GET', `/v1/instances/shop?waitFor=${position}`)).json.phone).toBe(phone)
})
afterAll(async () => {
  for (const one of projecting) await one.close()
  await api.close()
})

async function paired(instanceId: string, digits: string) {
  const state = { instanceId, state: 'open', reason: null, reasonText: null, phone: digits, lid: null }
  const position = await appendEvents(api, [
    anEvent('instance.paired', { instanceId, phone: digits }),
    anEvent('instance.state-changed', state),
  ])
  await api.call('GET', `/v1/instances/${instanceId}?waitFor=${position}`)
}

const whatsapp = { messaging_product: 'whatsapp', recipient_type: 'individual', to: '5511900000011' }
const post = (body: object, { at = '/v21.0/shop', headers = {} }: { at?: string; headers?: Record<string, string> } = {}) =>
  api.call('POST', `${at}/messages`, { body: { ...whatsapp, ...body }, headers })

const idIn = ({ messages }: Record<string, unknown>): string => (messages as { id: string }[])[0]?.id ?? ''
const codeIn = ({ error }: Record<string, unknown>): unknown => (error as { code: number } | undefined)?.code

describe('messages', () => {
  const to = { chatId: '5511900000011@s.whatsapp.net' }
  const sections = [{ title: 'Pratos', rows: [{ id: 'r1', title: 'Arroz', description: 'com feijão' }] }]
  test.each<[string, object, object]>([
    ['a text', { type: 'text', text: { preview_url: false, body: 'Olá!' } }, { ...to, kind: 'text', text: 'Olá!' }],
    ['a text without a type', { text: { body: 'Olá!' } }, { ...to, kind: 'text', text: 'Olá!' }],
    [
      'a location, also with degrees as text',
      { type: 'location', location: { latitude: '-23.5', longitude: -46.6, name: 'Loja', address: 'Rua A, 1' } },
      { ...to, kind: 'location', location: { latitude: -23.5, longitude: -46.6, name: 'Loja', address: 'Rua A, 1' } },
    ],
    [
      'a contact',
      {
        type: 'contacts',
        contacts: [
          { name: { formatted_name: 'Ana', first_name: 'Ana' }, phones: [{ phone: '+55 11 90000-0012', type: 'CELL' }] },
        ],
      },
      { ...to, kind: 'contacts', contacts: [{ name: 'Ana', phones: ['+55 11 90000-0012'] }] },
    ],
    [
      'a list, which goes out as numbered text',
      {
        type: 'interactive',
        interactive: {
          ...{ type: 'list', header: { type: 'text', text: 'Menu' }, body: { text: 'Escolha' }, footer: { text: 'Loja' } },
          action: { button: 'Abrir', sections },
        },
      },
      {
        ...to,
        kind: 'list',
        title: 'Menu',
        description: 'Escolha',
        footer: 'Loja',
        buttonText: 'Abrir',
        sections,
        native: false,
      },
    ],
    [
      'reply buttons, which go out as numbered text',
      {
        type: 'interactive',
        interactive: {
          type: 'button',
          body: { text: 'Confirma?' },
          action: { buttons: [{ type: 'reply', reply: { id: 's', title: 'Sim' } }] },
        },
      },
      { ...to, kind: 'buttons', text: 'Confirma?', buttons: [{ id: 's', text: 'Sim' }], native: false },
    ],
  ])('[F4] %s is one command, and its message’s id is the answer’s', async (_, said, asked) => {
    const { status, json } = await post(said)
    expect([status, json]).toEqual([
      200,
      {
        messaging_product: 'whatsapp',
        contacts: [{ input: '5511900000011', wa_id: '5511900000011' }],
        messages: [{ id: expect.stringMatching(/^3EB0[0-9A-F]{18}$/) }],
      },
    ])
    expect(await acceptedAs(api, idIn(json))).toEqual(asked)
  })

  test('[F4] a reply and a reaction name the message by our id of it', async () => {
    const reply = await post({ to: chatId, type: 'text', text: { body: 'Oi' }, context: { message_id: 'THEIRS' } })
    expect(await acceptedAs(api, idIn(reply.json))).toEqual({ chatId, kind: 'text', text: 'Oi', quotedMessageId: 'THEIRS' })
    const reaction = await post({ to: chatId, type: 'reaction', reaction: { message_id: 'THEIRS', emoji: '😀' } })
    expect(await acceptedAs(api, idIn(reaction.json))).toEqual({
      chatId,
      kind: 'reaction',
      targetMessageId: 'THEIRS',
      emoji: '😀',
    })
  })

  test('[F4] a contact keeps what is more than a number', async () => {
    const none = { name: { formatted_name: 'Ana' }, phones: [{ phone: 'Ana' }], emails: [{ email: 'ana@example.com' }] }
    expect((await post({ type: 'contacts', contacts: [none] })).json.error).toMatchObject({
      error_data: { details: expect.stringContaining('/contacts/0/phones/0/phone: expected a phone number') },
    })
    const contact = {
      name: { formatted_name: 'Ana' },
      phones: [{ phone: '5511900000012', wa_id: '5511900000012' }],
      org: { company: 'Loja', title: 'Dona' },
      emails: [{ email: 'ana@example.com', type: 'WORK' }],
      addresses: [{ street: 'Rua A, 1', city: 'São Paulo', state: 'SP', zip: '01000-000', country: 'Brasil' }],
      birthday: '1990-01-05',
    }
    const { json } = await post({ type: 'contacts', contacts: [contact] })
    const { contacts } = (await acceptedAs(api, idIn(json))) as { contacts: { vcard: string }[] }
    expect(contacts[0]?.vcard.split('\n')).toEqual(
      expect.arrayContaining([
        ...['ORG:Loja;', 'TITLE:Dona', 'EMAIL:ana@example.com', 'BDAY:1990-01-05'],
        'ADR:;;Rua A\\, 1;São Paulo;SP;01000-000;Brasil',
      ]),
    )
  })

  test('[F4] the same Idempotency-Key is the same message; what changes nothing is named', async () => {
    const headers = { 'idempotency-key': 'order 1' }
    const said = { type: 'text', text: { body: 'a' }, biz_opaque_callback_data: 'x' }
    const [first, again] = [await post(said, { headers }), await post(said, { headers })]
    expect(again.json).toEqual(first.json)
    expect(first.headers.get('zaplog-ignored')).toBe('biz_opaque_callback_data')
    expect(await post({ text: { body: 'b' } }, { headers })).toMatchObject({ status: 400, json: { error: { code: 100 } } })
  })

  test.each<[string, object, number, string]>([
    ['another product', { messaging_product: 'sms', text: { body: 'a' } }, 100, '/messaging_product: expected whatsapp'],
    ['a text without a body', { type: 'text' }, 100, '/text: expected what a message of type text says'],
    ['a recipient that is none', { to: 'Ana', text: { body: 'a' } }, 100, '/to: expected a phone number'],
    [
      'a reply to what is not known',
      { text: { body: 'a' }, context: { message_id: 'NONE' } },
      100,
      '/context/message_id: expected the id',
    ],
    ['an empty text', { text: { body: '' } }, 100, '/text/body: expected at least 1'],
    [
      'a template',
      { type: 'template', template: { name: 'hello_world', language: { code: 'en_US' } } },
      131051,
      'templates are of the business platform',
    ],
    ['a type that there is not', { type: 'order' }, 131051, 'messages of type order'],
    [
      'a flow',
      { type: 'interactive', interactive: { type: 'flow', action: { name: 'flow' } } },
      131051,
      'interactive messages of type flow',
    ],
  ])('[F4] %s is refused with Meta’s code and our words', async (_, said, code, words) => {
    const { status, json } = await post(said)
    expect([status, json]).toEqual([
      400,
      {
        error: {
          message: expect.stringContaining(`(#${code}) `),
          type: 'OAuthException',
          code,
          error_data: { messaging_product: 'whatsapp', details: expect.stringContaining(words) },
        },
      },
    ])
  })
})

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
    const { status, json } = await post(said, { headers })
    const ours = await api.call('POST', '/v1/instances/shop/messages', { body: asked, headers })
    expect([status, ours.status, ours.json.messageId]).toEqual([200, 202, idIn(json)])
  })

  const upload = (fields: Record<string, string | File>, at = '/v21.0/shop') => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    return fetch(`${api.url}${at}/media`, { method: 'POST', headers: { authorization: `Bearer ${adminKey}` }, body: form })
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
      for (const { row, claim } of await claimUploads(api, { perInstance: 9, limit: 10, leaseMs: 60_000 })) {
        const { incomingKey: objectKey, fileName, mimetype, sizeBytes } = row
        const file = { ...seen, objectKey, fileName, mimetype: mimetype ?? '', sizeBytes: sizeBytes ?? 0 }
        await readyUpload(api.database, { uploadId: row.uploadId, claim }, file)
      }
      return (await api.call('GET', `/v1/uploads/${uploadId}`)).json.state === 'ready'
    })
  }
  const pdf = new File(['%PDF-1.7 an order'], 'order.pdf', { type: 'application/pdf' })

  test('[F4] [C13] one in a form is an upload, whose id a message names, which can be read and deleted', async () => {
    const answer = await upload({ messaging_product: 'whatsapp', type: 'application/pdf', file: pdf })
    const { id } = (await answer.json()) as { id: string }
    expect([answer.status, id]).toEqual([200, expect.stringMatching(/^[0-9a-f]{32}$/)])
    expect((await api.call('GET', `/v1/uploads/${id}`)).json).toMatchObject({
      kind: 'document',
      fileName: 'order.pdf',
      sizeBytes: pdf.size,
    })
    // Until it is checked there is nothing to be read.
    expect((await api.call('GET', `/v21.0/${id}`)).json.url).toBeNull()
    await prepared(id)
    const shown = await api.call('GET', `/v21.0/${id}`)
    expect(shown).toMatchObject({
      status: 200,
      json: { messaging_product: 'whatsapp', id, mime_type: 'application/pdf', file_size: pdf.size },
    })
    expect(await (await fetch(String(shown.json.url))).text()).toBe('%PDF-1.7 an order')
    const sent = await post({ type: 'document', document: { id, filename: 'order.pdf' } })
    expect(await acceptedAs(api, idIn(sent.json))).toMatchObject({ kind: 'document', media: { uploadId: id } })
    const other = (await (await upload({ messaging_product: 'whatsapp', file: pdf })).json()) as { id: string }
    expect(await api.call('DELETE', `/v21.0/${other.id}`)).toMatchObject({ status: 200, json: { success: true } })
    expect(await api.call('GET', `/v21.0/${'0'.repeat(32)}`)).toMatchObject({
      status: 400,
      json: { error: { code: 100, error_subcode: 33 } },
    })
  })

  test('[F4] what is no form, has no file or is of another product is 100', async () => {
    expect(codeIn((await api.call('POST', '/v21.0/shop/media', { body: {} })).json)).toBe(100)
    const empty = new File([], 'a.pdf', { type: 'application/pdf' })
    const long = new File(['a'], 'a'.repeat(300), { type: 'application/pdf' })
    for (const fields of [
      ...[{ messaging_product: 'whatsapp' }, { messaging_product: 'whatsapp', file: 'text' }, { file: pdf }],
      ...[empty, long].map(file => ({ messaging_product: 'whatsapp', file })),
    ])
      expect(codeIn((await (await upload(fields as Record<string, string | File>)).json()) as Record<string, unknown>)).toBe(100)
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    expect(codeIn((await api.call('POST', '/v21.0/shop/media', { rawBody: 'no form', headers })).json)).toBe(100)
    expect(codeIn((await post({ type: 'image', image: { id: '0'.repeat(32) } })).json)).toBe(100)
    expect(codeIn((await post({ type: 'image', image: {} })).json)).toBe(100)
  })
})

test('[F4] [I3] a form is taken as a file alone, and a path with what Postgres cannot hold by nobody', async () => {
  const form = { 'content-type': 'multipart/form-data; boundary=x' }
  const message = await api.call('POST', '/v21.0/shop/messages', { rawBody: '--x--', headers: form })
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
    const { status, json } = await api.call(method, `/v21.0/a%00b${path}`, method === 'POST' ? { body: {} } : {})
    expect([path, status, codeIn(json)]).toEqual([path, 400, 100])
  }
})

test('[F4] an account that is called as files are is the account', async () => {
  const id = 'a'.repeat(32)
  await api.call('POST', '/v1/instances', { body: { id, name: 'A' } })
  expect((await api.call('GET', `/v21.0/${id}`)).json).toMatchObject({ id, verified_name: 'A' })
})

test('[F4] what passes is told as that: as much as may wait for the account', async () => {
  const full = await api.openAnother({ dialects: ['cloud-api'], commandsWaitingMax: 1 })
  await api.call('POST', '/v1/instances', { body: { id: 'full', name: 'full' } })
  const send = () =>
    fetch(`${full.url}/v21.0/full/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...whatsapp, text: { body: 'a' } }),
    })
  expect((await send()).status).toBe(200)
  await until('it to wait', async () => {
    const { data } = (await api.call('GET', '/v1/instances/full/commands?state=waiting')).json
    return (data as readonly unknown[]).length === 1
  })
  const refused = await send()
  expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toMatchObject([
    429,
    '60',
    { error: { code: 130429 } },
  ])
})

describe('read marks', () => {
  test('[F4] a message is read, and the account shown as typing, each one command', async () => {
    const completed = { type: 'command.completed', at: 1, saidAt: null } as const
    await api.call('POST', '/v1/instances', { body: { id: 'reads', name: 'reads' } })
    const received = anEvent('message.received', { instanceId: 'reads', messageId: 'THEIRS', chatId, text: 'Olá' })
    const position = await appendEvents(api, [anEvent('instance.paired', { instanceId: 'reads' }), received])
    await api.call('GET', `/v1/instances/reads?waitFor=${position}`)
    const mark = { messaging_product: 'whatsapp', status: 'read', message_id: 'THEIRS' }
    const marking = api.call('POST', '/v21.0/reads/messages', { body: { ...mark, typing_indicator: { type: 'text' } } })
    await until('both to be in the log', async () => {
      const { data } = (await api.call('GET', '/v1/instances/reads/commands?state=waiting')).json
      return (data as readonly unknown[]).length === 2
    })
    expect(await endNextCommand(api.database, 'reads', completed)).toMatchObject({
      operation: 'chat.read',
      body: { messages: [{ messageId: 'THEIRS' }] },
    })
    expect(await endNextCommand(api.database, 'reads', completed)).toMatchObject({
      operation: 'chat.typing',
      body: { state: 'composing' },
    })
    expect(await marking).toMatchObject({ status: 200, json: { success: true } })
    const refusing = api.call('POST', '/v21.0/reads/messages', { body: mark })
    await endNextCommand(api.database, 'reads', {
      type: 'command.failed',
      at: 1,
      reason: 'refused',
      reasonText: 'WhatsApp refused it.',
      code: null,
    })
    expect(codeIn((await refusing).json)).toBe(131026)
    expect(codeIn((await api.call('POST', '/v21.0/reads/messages', { body: { ...mark, message_id: 'NONE' } })).json)).toBe(100)
  })
})

describe('the account', () => {
  test('[F4] is named by its instance’s id, or its digits where one instance has them, at every version from 13', async () => {
    const text = { text: { body: 'a' } }
    for (const at of ['/v13.0/shop', '/v21.0/shop', '/v99.0/shop', `/v22.0/${phone}`, '/v21/shop'])
      expect([at, (await post(text, { at })).status]).toEqual([at, 200])
    for (const at of ['/v12.0/shop', '/v2/shop', '/v1/shop']) expect([at, (await post(text, { at })).status]).toEqual([at, 404])
    expect((await api.call('GET', `/v21.0/${phone}`)).json).toEqual({
      ...{ id: 'shop', verified_name: 'The shop', display_phone_number: `+${phone}` },
    })
    for (const at of ['/v21.0/nobody', '/v21.0/5511900000098'])
      expect(await post(text, { at })).toMatchObject({ status: 400, json: { error: { code: 100, error_subcode: 33 } } })
    await paired('twin', phone)
    const both = await post(text, { at: `/v21.0/${phone}` })
    expect(both.json).toMatchObject({ error: { error_data: { details: expect.stringContaining('by its id: shop, twin') } } })
  })

  test('[F4] one that is logged out is not registered, as Meta says it', async () => {
    const state = { instanceId: 'other', state: 'logged-out', reason: null, reasonText: null }
    const position = await appendEvents(api, [anEvent('instance.state-changed', state)])
    await api.call('GET', `/v1/instances/other?waitFor=${position}`)
    const refused = await post({ text: { body: 'a' } }, { at: '/v21.0/other' })
    expect([refused.status, codeIn(refused.json)]).toEqual([400, 133010])
  })

  test('[F4] [I1] without a right token it is 401 and 190, before anything is read', async () => {
    for (const key of [null, 'wrong']) {
      const { status, json } = await api.call('POST', '/v21.0/shop/messages', { key, rawBody: '{' })
      expect([status, json]).toMatchObject([401, { error: { code: 190, type: 'OAuthException' } }])
    }
  })

  test('[F4] what cannot be read is 100, and another method of our own calls is what it was', async () => {
    for (const body of ['{', '[]', '"a"', ''])
      expect(codeIn((await api.call('POST', '/v21.0/shop/messages', { rawBody: body })).json)).toBe(100)
    const { status, headers } = await api.call('PUT', '/v1/instances')
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
    expect(logger.lines.filter(line => line.event === 'request.failed')).toEqual([])
  })
})
