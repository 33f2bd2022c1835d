// The read model over HTTP: what was written can be read from the position on that the write answered, under every address of a chat.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chatForms } from '../../src/events/chat-address.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { aGroup, anEvent, somebody, somebodyElse } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
let projection: { close(): Promise<void> }
let position: string

const jpeg = { mimetype: 'image/jpeg', sizeBytes: 1000, fileName: 'férias.jpg', width: 640, height: 480 }
const texts = Array.from({ length: 5 }, (_, index) =>
  anEvent('message.received', { messageId: `TEXT${index}`, text: index === 2 ? 'the invoice of January' : `line ${index}` }),
)
const inGroup = anEvent('message.received', {
  messageId: 'GROUP',
  chatId: aGroup,
  chatPn: null,
  senderId: somebodyElse.lid,
  senderPn: somebodyElse.pn,
  isGroup: true,
})
const picture = anEvent('message.received', { messageId: 'PICTURE', kind: 'image', text: 'a caption', media: jpeg })
const poll = anEvent('message.received', {
  ...{ messageId: 'POLL', chatId: aGroup, chatPn: null, isGroup: true, kind: 'poll', text: 'Lunch?' },
  poll: { name: 'Lunch?', options: ['soup', 'rice'], selectableCount: 1 },
  parentMessageId: 'EVENT',
})
const failing = anEvent('message.received', { messageId: 'FAILING', kind: 'document', media: { mimetype: 'application/pdf' } })

beforeAll(async () => {
  api = await openTestApi('api-messages', logger)
  projection = await projectEvents(api, logger)
  await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
  await api.call('POST', '/v1/instances', { body: { id: 'empty', name: 'Empty' } })
  position = await appendEvents(api, [
    anEvent('contact.updated'),
    ...texts,
    anEvent('message.reacted', { targetMessageId: 'TEXT0', emoji: '👍' }),
    anEvent('message.edited', { targetMessageId: 'TEXT1', text: 'corrected' }),
    poll,
    inGroup,
    anEvent('poll.voted', { targetMessageId: 'POLL', chatId: aGroup, chatPn: null, isGroup: true, options: ['rice'] }),
    anEvent('message.pinned', { targetMessageId: 'TEXT3' }),
    anEvent('message.starred', { targetMessageId: 'TEXT2' }),
    anEvent('message.deleted', { targetMessageId: 'TEXT4' }),
    anEvent('chat.updated', { chatId: aGroup, chatPn: null, isGroup: true, archived: true }),
    picture,
    failing,
    anEvent('media.failed', {
      sourceEventId: failing.eventId,
      kind: 'document',
      reason: 'gone',
      stage: 'download',
      retryable: true,
    }),
    anEvent('media.stored', {
      sourceEventId: picture.eventId,
      key: 'k.jpg',
      thumbnailKey: 'k.jpg_thumb.jpg',
      mimetype: 'image/jpeg',
      fileName: 'férias.jpg',
    }),
    anEvent('instance.state-changed', { state: 'open', phone: '5511900000099' }),
  ])
  await api.call('GET', `/v1/instances?waitFor=${position}`)
})
afterAll(async () => {
  await projection.close()
  await api.close()
})

type Item = Record<string, unknown>
const list = async (path: string) => {
  const { status, json } = await api.call('GET', `/v1/instances/shop/${path}`)
  expect(status).toBe(200)
  return json.data as Item[]
}
const ids = (items: readonly Item[]) => items.map(one => one.messageId)

describe('reading what was written', () => {
  test('[D4] a read with waitFor sees the write whose position it names', async () => {
    for (let index = 0; index < 10; index++) {
      const name = `Name ${index}`
      const patched = await api.call('PATCH', '/v1/instances/shop', { body: { name } })
      const waitFor = patched.headers.get('zaplog-position')
      expect((await api.call('GET', `/v1/instances/shop?waitFor=${waitFor}`)).status).toBe(200)
      const [row] = await api.database.query<{ name: string }>(`select name from instances where instance_id = 'shop'`)
      expect(row?.name).toBe(name)
    }
  })

  test('[D4] what is no position is refused, wherever it is given', async () => {
    for (const path of ['', '/shop', '/shop/chats', '/shop/messages', '/shop/messages/TEXT0', '/shop/contacts', '/shop/media']) {
      const { status, json } = await api.call('GET', `/v1/instances${path}?waitFor=soon`)
      expect([path, status]).toEqual([path, 422])
      expect(json.errors).toEqual([{ parameter: 'waitFor', expected: 'zaplog-position of a write', received: 'soon' }])
    }
  })

  test('[D4] a position that is never reached is 503 with Retry-After once patience ends', async () => {
    const [topic, ...places] = JSON.parse(Buffer.from(position, 'base64url').toString()) as [string, ...[number, string][]]
    const future = Buffer.from(JSON.stringify([topic, ...places.map(([partition]) => [partition, '999999'])])).toString(
      'base64url',
    )
    const { status, headers, json } = await api.call('GET', `/v1/instances/shop/chats?waitFor=${future}`)
    expect([status, headers.get('retry-after'), json.type]).toEqual([503, '1', 'urn:zaplog:problem:position-not-reached'])
  })

  test('[A1] the instance shows the state that its events tell', async () => {
    expect((await api.call('GET', '/v1/instances/shop')).json).toMatchObject({ state: 'open', phone: '5511900000099' })
  })
})

describe('messages', () => {
  test('[D4] the messages of a chat are newest first, and its pages hold each once', async () => {
    const seen: unknown[] = []
    for (let path: string | null = `messages?chatId=${somebody.lid}&limit=3`; path !== null; ) {
      const { json }: { json: Item } = await api.call('GET', `/v1/instances/shop/${path}`)
      seen.push(...ids(json.data as Item[]))
      path = json.nextCursor === null ? null : `messages?chatId=${somebody.lid}&limit=3&cursor=${json.nextCursor}`
    }
    expect(seen).toEqual(['FAILING', 'PICTURE', 'TEXT4', 'TEXT3', 'TEXT2', 'TEXT1', 'TEXT0'])
  })

  test('[D4] a chat is found by its LID, its phone-number JID and its digits', async () => {
    const byLid = await list(`messages?chatId=${somebody.lid}`)
    expect(await list(`messages?chatId=${encodeURIComponent(somebody.pn)}`)).toEqual(byLid)
    expect(await list(`messages?chatId=${somebody.pn.split('@')[0]}`)).toEqual(byLid)
    expect(await list('messages?chatId=5511900000077')).toEqual([])
  })

  test('[D4] a chat is found by its number as it is printed; what is no chat is 422 with the forms', async () => {
    const digits = somebody.pn.split('@')[0] ?? ''
    const printed = `+${digits.slice(0, 2)} ${digits.slice(2, 4)} ${digits.slice(4, 9)}-${digits.slice(9)}`
    const byLid = await list(`messages?chatId=${somebody.lid}`)
    expect(byLid.length).toBeGreaterThan(0)
    expect(await list(`messages?chatId=${encodeURIComponent(printed)}`)).toEqual(byLid)
    expect(await list(`messages?chatId=${digits}@c.us`)).toEqual(byLid)
    for (const path of ['messages', 'messages/TEXT0', 'media']) {
      const { status, json } = await api.call('GET', `/v1/instances/shop/${path}?chatId=somebody`)
      expect([status, json.errors]).toEqual([422, [{ parameter: 'chatId', expected: chatForms, received: 'somebody' }]])
    }
  })

  test('[D4] words of the text find their message', async () => {
    expect(ids(await list('messages?q=invoice'))).toEqual(['TEXT2'])
    expect(ids(await list('messages?q=invoice%20-january'))).toEqual([])
  })

  test('[D4] after is inclusive and before is exclusive', async () => {
    const at = (index: number) => new Date(texts[index]?.occurredAt ?? 0).toISOString()
    expect(ids(await list(`messages?after=${at(1)}&before=${at(3)}`))).toEqual(['TEXT2', 'TEXT1'])
  })

  test('[D1] a message shows its edit, its reactions and its place, and is found by either id', async () => {
    const { json } = await api.call('GET', '/v1/instances/shop/messages/TEXT0')
    expect(json).toMatchObject({
      messageId: 'TEXT0',
      kind: 'text',
      fromMe: false,
      isGroup: false,
      chatId: somebody.lid,
      chatPn: somebody.pn,
      media: null,
    })
    expect(json.reactions).toEqual([{ senderId: somebody.lid, emoji: '👍' }])
    expect((await api.call('GET', `/v1/instances/shop/messages/${texts[0]?.eventId}`)).json).toEqual(json)
    expect((await api.call('GET', '/v1/instances/shop/messages/TEXT1')).json).toMatchObject({ text: 'corrected' })
  })

  test('[D1] a poll has its votes and results; what is no poll, no event, and not marked says so', async () => {
    const { json } = await api.call('GET', '/v1/instances/shop/messages/POLL')
    expect(json).toMatchObject({
      votes: [{ senderId: somebody.lid, senderPn: somebody.pn, options: ['rice'], unknownHashes: [], at: expect.any(String) }],
      results: [
        { option: 'soup', votes: 0 },
        { option: 'rice', votes: 1 },
      ],
      answers: null,
    })
    const text = await api.call('GET', '/v1/instances/shop/messages/TEXT0')
    expect(text.json).toMatchObject({ votes: null, results: null, answers: null, starred: false, pinned: false, deletedAt: null })
    const deleted = await api.call('GET', '/v1/instances/shop/messages/TEXT4')
    expect(deleted.json).toMatchObject({ text: 'line 4', deletedAt: expect.stringMatching(/^2026-.*Z$/) })
  })

  test('[D4] starred and pinned messages and those of a parent are listed by themselves, also in a search', async () => {
    expect(ids(await list('messages?starred=true'))).toEqual(['TEXT2'])
    expect(ids(await list('messages?starred=true&q=invoice'))).toEqual(['TEXT2'])
    expect(ids(await list('messages?starred=true&q=line'))).toEqual([])
    expect(ids(await list('messages?pinned=true'))).toEqual(['TEXT3'])
    expect(ids(await list('messages?pinned=true&starred=true'))).toEqual([])
    expect(ids(await list('messages?parentMessageId=EVENT'))).toEqual(['POLL'])
    expect(ids(await list(`messages?parentMessageId=EVENT&chatId=${somebody.lid}`))).toEqual([])
  })

  test.each([
    ['messages?starred=yes', 'starred'],
    ['messages?starred=false', 'starred'],
    ['messages?pinned=1', 'pinned'],
    ['messages?parentMessageId=', 'parentMessageId'],
    ['chats?archived=yes', 'archived'],
  ])('[I3] %s is 422 and names the parameter', async (path, parameter) => {
    const { status, json } = await api.call('GET', `/v1/instances/shop/${path}`)
    expect([status, json.errors]).toMatchObject([422, [{ parameter, expected: expect.any(String) }]])
  })

  test('[C7] media comes with its stable links, and in words why there is none', async () => {
    const { json } = await api.call('GET', '/v1/instances/shop/messages/PICTURE')
    expect(json.media).toMatchObject({
      status: 'stored',
      reason: null,
      mimetype: 'image/jpeg',
      fileName: 'férias.jpg',
      url: api.links.link(picture.eventId, 'file'),
      thumbnailUrl: api.links.link(picture.eventId, 'thumbnail'),
    })
    const failed = await api.call('GET', '/v1/instances/shop/messages/FAILING')
    expect(failed.json.media).toMatchObject({
      status: 'failed',
      reason: 'gone',
      stage: 'download',
      retryable: true,
      thumbnailUrl: null,
    })
  })

  test('[D4] an unknown message is 404, and so is one of another instance', async () => {
    for (const path of [
      '/v1/instances/shop/messages/NOTHING',
      '/v1/instances/empty/messages/TEXT0',
      `/v1/instances/shop/messages/TEXT0?chatId=${aGroup}`,
    ])
      expect((await api.call('GET', path)).json).toMatchObject({ type: 'urn:zaplog:problem:message-not-found' })
  })
})

describe('chats, contacts and media', () => {
  test('[D4] chats are the last active first, with name and last message', async () => {
    const chats = await list('chats')
    expect(chats.map(one => one.chatId)).toEqual([somebody.lid, aGroup])
    expect(chats[0]).toMatchObject({
      name: 'Somebody',
      isGroup: false,
      lastMessage: { messageId: 'FAILING', kind: 'document', fromMe: false },
    })
  })

  test('[D1] [D4] a chat says what the account did with it, and archived ones are listed apart', async () => {
    const untouched = { archived: false, muted: false, mutedUntil: null, pinned: false, unread: false, locked: false }
    expect(await list('chats?archived=false')).toMatchObject([
      { chatId: somebody.lid, ...untouched, expiresInSeconds: null, deletedAt: null },
    ])
    expect(await list('chats?archived=true')).toMatchObject([{ chatId: aGroup, archived: true, muted: false }])
  })

  test('[D4] contacts carry both addresses', async () => {
    expect(await list('contacts')).toMatchObject([{ contactLid: somebody.lid, contactPn: somebody.pn, pushName: 'Somebody' }])
  })

  test('[D4] media is found by chat, kind, status and reason', async () => {
    expect(ids(await list('media'))).toEqual(['FAILING', 'PICTURE'])
    expect(ids(await list('media?kind=image'))).toEqual(['PICTURE'])
    expect(ids(await list('media?status=failed&reason=gone'))).toEqual(['FAILING'])
    expect(ids(await list(`media?chatId=${aGroup}`))).toEqual([])
    expect((await list('media?kind=image'))[0]).toMatchObject({
      eventId: picture.eventId,
      url: api.links.link(picture.eventId, 'file'),
    })
  })

  test.each(['chats', 'contacts', 'messages', 'media'])(
    '[I3] %s of an unknown instance are 404, with a wrong cursor, limit or field 422',
    async kind => {
      expect((await api.call('GET', `/v1/instances/nobody/${kind}`)).json).toMatchObject({
        type: 'urn:zaplog:problem:instance-not-found',
      })
      expect((await api.call('GET', `/v1/instances/empty/${kind}`)).json).toEqual({ data: [], nextCursor: null })
      const wild = Buffer.from('[1e300,"x"]').toString('base64url')
      for (const query of ['cursor=nonsense', 'cursor=W10', 'limit=0', 'limit=201', 'colour=red', 'after=x'])
        expect([query, (await api.call('GET', `/v1/instances/shop/${kind}?${query}`)).status]).toEqual([query, 422])
      expect((await api.call('GET', `/v1/instances/shop/${kind}?cursor=${wild}`)).status).toBe(200)
    },
  )
})
