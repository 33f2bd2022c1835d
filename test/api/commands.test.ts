// Commands over HTTP: 202 means that it is in the log and is done once; the same again is the same, whatever went wrong in between.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import type { Outcome } from '../../src/instances/commands.ts'
import { beginTry, claimCommands, decideOutcome, endCommand, putOff } from '../../src/instances/commands-at-work.ts'
import { LogError } from '../../src/log/log.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { type Answer, metricsToken, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { anEvent, somebody } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['request.failed'])
let api: TestApi
let projecting: readonly { close(): Promise<void> }[] = []
/** What the log does with an append, in place of taking it. */
let append: 'takes' | 'takes apart' | 'refuses' | 'takes none so large' | 'takes and dies' = 'takes'
let isStoreAway = false
beforeAll(async () => {
  api = await openTestApi('api-commands', logger, {
    objects: store => ({
      ...store,
      delete: async (keys, signal) => {
        if (isStoreAway) throw new Error('deleting 1 object: the store does not answer')
        return store.delete(keys, signal)
      },
    }),
    log: log => ({
      ...log,
      /** Of another server than the database's, whatever else is wrong with it. */
      get inside() {
        return append === 'takes' ? log.inside : null
      },
      append: async (given, signal) => {
        if (append === 'refuses') throw new LogError('unavailable', 'appending 1 record: leader not available')
        if (append === 'takes none so large') throw new LogError('record-too-large', 'appending 1 record: 2 bytes are taken')
        const positions = await log.append(given, signal)
        if (append === 'takes and dies') throw new LogError('aborted', 'appending 1 record: stopped')
        return positions
      },
    }),
  })
  projecting = [await projectEvents(api, logger), await projectEvents(api, logger, commands)]
})
beforeEach(() => {
  append = 'takes'
})
afterAll(async () => {
  for (const one of projecting) await one.close()
  await api.close()
})

let made = 0
/** Of its own, so that its list has what its test asked for alone. */
async function anInstance(): Promise<string> {
  made += 1
  const id = `shop-${made}`
  expect((await api.call('POST', '/v1/instances', { body: { id, name: id } })).status).toBe(201)
  return id
}
const hello = { chatId: '5511900000011', kind: 'text', text: 'Olá!' }
const ask = (id: string, { key, body = hello }: { key?: string; body?: unknown } = {}): Promise<Answer> =>
  api.call('POST', `/v1/instances/${id}/messages`, {
    body,
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  })
/** No socket of it was ever open. */
const away = { reason: 'connection', nextAt: null, commandId: null, instanceState: 'created', refusal: null }
const read = (id: string, commandId: unknown, query = '') => api.call('GET', `/v1/instances/${id}/commands/${commandId}${query}`)
const owned = (instanceId: string, epoch = 1) => ({ instanceId, epoch })
async function claim(id: string, epoch = 1, limit = 10) {
  await api.database.query(
    `insert into instance_owners (instance_id, epoch) values ($1, $2) on conflict (instance_id) do update set epoch = excluded.epoch`,
    [id, epoch],
  )
  return claimCommands(api.database, owned(id, epoch), { busy: [], limit, turns: limit, firsts: { spacingMs: 0, perDay: 0 } })
}

/** What its topic has of an instance. */
async function recordsOf(instanceId: string): Promise<Event[]> {
  const events: Event[] = []
  const signal = AbortSignal.timeout(10_000)
  for await (const record of api.testLog.log.read(api.testLog.topic('commands'), { from: 'first', until: 'end' }, signal)) {
    const event = record.key === instanceId ? await api.testLog.codec.decode(record.value, signal) : null
    if (event !== null) events.push(event)
  }
  return events
}

/** As its owner does it. */
async function endAs(id: string, outcome: Outcome) {
  const [claimed] = await until('the command to be claimed', async () => {
    const all = await claim(id)
    return all.length > 0 ? all : null
  })
  const commandId = claimed?.command_id ?? ''
  await beginTry(api.database, { ...owned(id), commandId, tries: 1, built: Buffer.from('sealed') })
  await decideOutcome(api.database, { ...owned(id), commandId, outcome })
  await endCommand(api.database, { instanceId: id, commandId })
}

describe('asking', () => {
  test('[F1] the answer names command, event, message and key, and what was asked for is in the log by then', async () => {
    const id = await anInstance()
    const { status, json, headers } = await ask(id, { key: 'order 1' })
    expect(status).toBe(202)
    expect(json).toEqual({
      commandId: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventId: expect.stringMatching(/^[0-9a-f]{32}$/),
      messageId: expect.stringMatching(/^3EB0[0-9A-F]{18}$/),
      queuedUntil: new Date(api.clock.nowAt + 86_400_000).toISOString(),
      idempotencyKey: 'order 1',
      waitsFor: away,
      renderedAs: null,
    })
    expect(headers.get('location')).toBe(`/v1/instances/${id}/commands/${json.commandId}`)
    const [record, ...others] = await recordsOf(id)
    expect(others).toEqual([])
    const asked = { chatId: '5511900000011@s.whatsapp.net', kind: 'text', text: 'Olá!' }
    expect(record).toMatchObject({
      type: 'command.accepted',
      eventId: json.eventId,
      commandId: json.commandId,
      messageId: json.messageId,
      operation: 'message.send',
      chatId: asked.chatId,
      chatPn: asked.chatId,
      epoch: 0,
      sequence: 0,
      occurredAt: api.clock.nowAt,
      expiresAt: api.clock.nowAt + 86_400_000,
      digest: createHash('sha256').update(JSON.stringify(asked)).digest('hex'),
    })
    expect(JSON.parse(String(record?.type === 'command.accepted' && record.body))).toEqual({ ...asked, known: { isFirst: true } })
  })

  test('[F1] without a key each is another one, and the answer has the key that was made', async () => {
    const id = await anInstance()
    const [one, other] = [await ask(id), await ask(id)]
    expect(one.json.commandId).not.toBe(other.json.commandId)
    const again = await ask(id, { key: String(one.json.idempotencyKey) })
    expect(again.json).toEqual(one.json)
  })

  test('[F1] a chat is taken in every form that people write, and what is none is refused', async () => {
    const id = await anInstance()
    for (const [written, chatId] of [
      ['+55 (11) 90000-0011', '5511900000011@s.whatsapp.net'],
      ['5511900000011@c.us', '5511900000011@s.whatsapp.net'],
      ['100000000000001@lid', '100000000000001@lid'],
      ['120363000000000001', '120363000000000001@g.us'],
    ]) {
      const { json } = await ask(id, { body: { ...hello, chatId: written } })
      expect((await read(id, json.commandId)).json.chatId).toBe(chatId)
    }
    const refused = await ask(id, { body: { ...hello, chatId: 'Ana' } })
    expect(refused.json).toMatchObject({ status: 422, errors: [{ pointer: '/chatId', received: '"Ana"' }] })
    expect(await recordsOf(id)).toHaveLength(4)
  })

  test('[F1] an edit waits for no longer than WhatsApp takes it, and its record says until when', async () => {
    const id = await anInstance()
    const { nowAt } = api.clock
    const sent = anEvent('message.sent', { instanceId: id, messageId: 'OURS', text: 'já vai', occurredAt: nowAt - 14 * 60_000 })
    const position = await appendEvents(api, [anEvent('instance.paired', { instanceId: id }), sent])
    await api.call('GET', `/v1/instances/${id}?waitFor=${position}`)
    const edit = { chatId: sent.chatId, kind: 'edit', targetMessageId: 'OURS', text: 'melhor' }
    const { status, json } = await ask(id, { body: edit })
    expect([status, json.queuedUntil]).toEqual([202, new Date(nowAt + 60_000).toISOString()])
    expect(await recordsOf(id)).toMatchObject([{ expiresAt: nowAt + 60_000 }])
  })

  test.each([
    ['no key', ''],
    ['a key of 256 characters', 'k'.repeat(256)],
    ['a key with what no ASCII has', 'ação'],
  ])('[F1] %s is refused before anything is asked', async (_, key) => {
    const id = await anInstance()
    expect((await ask(id, { key })).json).toMatchObject({ status: 422, errors: [{ parameter: 'idempotency-key' }] })
    expect(await recordsOf(id)).toEqual([])
  })

  test('[F1] an instance that there is not, or that was deleted, is 404', async () => {
    const id = await anInstance()
    const known = await ask(id, { key: 'k1' })
    await api.call('DELETE', `/v1/instances/${id}`)
    for (const path of [id, 'nobody']) {
      expect((await ask(path, { key: 'k1' })).json).toMatchObject({ status: 404, type: 'urn:zaplog:problem:instance-not-found' })
      expect((await read(path, known.json.commandId)).status).toBe(404)
      expect((await api.call('GET', `/v1/instances/${path}/commands`)).status).toBe(404)
    }
  })

  test('[F1] one that is logged out is 409 and says what to do; any other that is not open takes it, and it waits', async () => {
    const id = await anInstance()
    const before = await ask(id, { key: 'before' })
    const state = (state: string) =>
      appendEvents(api, [anEvent('instance.state-changed', { instanceId: id, state, reason: null, reasonText: null })])
    await state('reconnecting')
    expect((await ask(id, { key: 'reconnecting' })).status).toBe(202)
    const position = await state('logged-out')
    await api.call('GET', `/v1/instances/${id}?waitFor=${position}`)
    const refused = await ask(id, { key: 'after' })
    expect(refused.json).toMatchObject({
      status: 409,
      type: 'urn:zaplog:problem:instance-logged-out',
      detail: expect.stringContaining(`POST /v1/instances/${id}/restart asks for a QR code`),
    })
    const again = (await ask(id, { key: 'before' })).json
    expect(again).toEqual({ ...before.json, waitsFor: { ...away, instanceState: 'logged-out' } })
    expect((await read(id, before.json.commandId)).json.state).toBe('waiting')
  })
})

describe('with the answer', () => {
  test.each(['takes', 'takes apart'] as const)(
    '[F1] it may be sent, and the projection of its record changes nothing: the log %s it',
    async how => {
      const id = await anInstance()
      append = how
      const { json, headers } = await ask(id)
      expect(await claim(id)).toMatchObject([{ command_id: json.commandId, tries: 0 }])
      await beginTry(api.database, { ...owned(id), commandId: String(json.commandId), tries: 1, built: Buffer.from('sealed') })
      const projected = await read(id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
      expect(projected.json).toMatchObject({ state: 'sending', tries: 1 })
      // A copy would say the very same: it is made of the row.
      const [row] = await api.database.query<{ body: unknown }>('select body from commands where instance_id = $1', [id])
      expect(await recordsOf(id)).toMatchObject([{ body: JSON.stringify(row?.body) }])
    },
  )
})

describe('asking again with the same key', () => {
  test('[F1] for the same is the same answer, and one row, in whichever order its fields are written and whatever the clock says', async () => {
    const id = await anInstance()
    const first = await ask(id, { key: 'k1' })
    api.clock.nowAt += 60_000
    const { text, kind, chatId } = hello
    for (const body of [hello, { text, chatId: '+55 11 90000-0011', kind }])
      expect(await ask(id, { key: 'k1', body })).toMatchObject({ status: 202, json: first.json })
    expect((await api.call('GET', `/v1/instances/${id}/commands`)).json.data).toHaveLength(1)
    expect(chatId).toBe('5511900000011')
  })

  test('[F1] for something else is 409, and changes nothing; another instance’s keys are its own', async () => {
    const [id, other] = [await anInstance(), await anInstance()]
    const first = await ask(id, { key: 'k1' })
    for (const body of [
      { ...hello, text: 'Olá' },
      { ...hello, chatId: '5511900000012' },
    ]) {
      const refused = await ask(id, { key: 'k1', body })
      expect(refused.json).toMatchObject({ status: 409, type: 'urn:zaplog:problem:idempotency-key-reused' })
      expect(refused.headers.get('zaplog-position')).toBeNull()
    }
    expect(await recordsOf(id)).toHaveLength(1)
    expect((await read(id, first.json.commandId)).json).toMatchObject({ chatId: '5511900000011@s.whatsapp.net' })
    const elsewhere = await ask(other, { key: 'k1', body: { ...hello, text: 'Olá' } })
    expect(elsewhere.status).toBe(202)
    expect(elsewhere.json.commandId).not.toBe(first.json.commandId)
  })

  test.each(['takes', 'takes apart'] as const)(
    '[F1] of many at once, all get one answer, and it is one command: the log %s it',
    async how => {
      const id = await anInstance()
      append = how
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask(id, { key: 'k1' })))
      expect(new Set(answers.map(one => JSON.stringify(one.json)))).toHaveLength(1)
      expect(new Set((await recordsOf(id)).map(one => one.eventId))).toHaveLength(1)
      await until('it to be accepted', async () => (await claim(id)).length === 1)
      expect(await claim(id, 2)).toHaveLength(1)
    },
  )
})

describe('an album', () => {
  const photo = (nth: number) => ({ kind: 'image', media: { url: `https://example.com/${nth}.jpg` } })
  const album = { chatId: '5511900000011', kind: 'album', items: [photo(1), { ...photo(2), caption: 'dois' }] }
  type Ids = Record<'commandId' | 'eventId' | 'messageId', string>

  test('[F1] is a command for its marker, for each of its items and for the whole, in one order; the answer names them all', async () => {
    const id = await anInstance()
    const { status, json, headers } = await ask(id, { key: 'k1', body: album })
    expect(status).toBe(202)
    const parts = json.parts as readonly Ids[]
    const records = await recordsOf(id)
    expect(
      records.map(one => one.type === 'command.accepted' && [one.operation, one.commandId, one.eventId, one.messageId]),
    ).toEqual([
      ...parts.map(part => ['message.send', part.commandId, part.eventId, part.messageId]),
      ['album.send', json.commandId, json.eventId, null],
    ])
    expect(new Set(records.map(({ eventId }) => eventId))).toHaveLength(4)
    expect(json.messageId).toBe(parts[0]?.messageId)
    const bodies = records.map(one => one.type === 'command.accepted' && JSON.parse(one.body))
    const { commandId, messageId } = parts[0] as Ids
    expect(bodies[0]).toMatchObject({ kind: 'album', known: { isFirst: true } })
    expect(bodies[2]).toMatchObject({ kind: 'image', caption: 'dois', media: { uploadId: expect.any(String) } })
    expect(bodies[2].known).toEqual({ album: { commandId, messageId } })
    await read(id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
    for (const part of parts)
      expect((await read(id, part.commandId)).json).toMatchObject({ state: 'waiting', messageId: part.messageId })
    expect((await claim(id)).map(one => one.command_id)).toEqual([commandId])
  })

  test('[F1] [B3] that is asked for again is the same one, also where its answer was lost, or the log was away', async () => {
    const id = await anInstance()
    append = 'refuses'
    expect((await ask(id, { key: 'k1', body: album })).status).toBe(503)
    expect(await recordsOf(id)).toEqual([])
    append = 'takes and dies'
    expect((await ask(id, { key: 'k1', body: album })).status).toBe(503)
    append = 'takes'
    const again = await ask(id, { key: 'k1', body: album })
    expect(again.status).toBe(202)
    const said = (await recordsOf(id)).map(({ recordedAt: _, ...one }) => one)
    // Where what was in the log is accepted by now, it is not there twice.
    expect([[], said.slice(0, 4)]).toContainEqual(said.slice(4))
    await until('all to be accepted', async () => (await api.call('GET', `/v1/instances/${id}/commands`)).json.data)
    expect((await ask(id, { key: 'k1', body: album })).json).toEqual(again.json)
    const fewer = { ...album, items: [...album.items].reverse() }
    expect((await ask(id, { key: 'k1', body: fewer })).status).toBe(409)
  })
})

test('[F1] a status says how many people it is sent to, and the same however often it is asked for', async () => {
  const id = await anInstance()
  const body = { chatId: 'status', kind: 'text', text: 'oi', audience: { chatIds: ['5511900000011', '5511900000012'] } }
  const { status, json } = await ask(id, { key: 'k1', body })
  expect([status, json.audienceSize]).toEqual([202, 2])
  expect((await ask(id, { key: 'k1', body })).json).toEqual(json)
  expect((await recordsOf(id))[0]).toMatchObject({ chatId: 'status@broadcast', chatPn: null })
})

describe('while the log is away', () => {
  test('[F1] [I3] it is 503 with Retry-After, and the same again is taken once the log is there', async () => {
    const id = await anInstance()
    append = 'refuses'
    const refused = await ask(id, { key: 'k1' })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await recordsOf(id)).toEqual([])
    append = 'takes'
    api.clock.nowAt += 60_000
    const taken = await ask(id, { key: 'k1' })
    expect(taken.status).toBe(202)
    expect(await recordsOf(id)).toMatchObject([
      { eventId: taken.json.eventId, expiresAt: Date.parse(String(taken.json.queuedUntil)) },
    ])
    expect((await ask(id, { key: 'k1', body: { ...hello, text: 'x' } })).status).toBe(409)
  })

  test('[F1] the longest text is taken, however its client writes it', async () => {
    const id = await anInstance()
    const written = JSON.stringify({ ...hello, text: '\u00e7'.repeat(65_536) }).replaceAll('\u00e7', '\\u00e7')
    const { status } = await api.call('POST', `/v1/instances/${id}/messages`, {
      rawBody: written,
      headers: { 'content-type': 'application/json' },
    })
    expect(status).toBe(202)
  })

  test('[F1] [I3] what the log takes in no time is said as such, each time', async () => {
    const id = await anInstance()
    append = 'takes none so large'
    for (const key of ['k1', 'k1', 'k2'])
      expect((await ask(id, { key })).json).toMatchObject({ status: 413, type: 'urn:zaplog:problem:body-too-large' })
    expect(await recordsOf(id)).toEqual([])
  })

  test('[F1] [B3] an answer that was lost after the append costs a copy that says the same, and one command', async () => {
    const id = await anInstance()
    append = 'takes and dies'
    expect((await ask(id, { key: 'k1' })).status).toBe(503)
    append = 'takes'
    api.clock.nowAt += 60_000
    const again = await ask(id, { key: 'k1' })
    expect(again.status).toBe(202)
    const said = (await recordsOf(id)).map(({ recordedAt: _, ...one }) => one)
    for (const one of said) expect(one).toEqual(said[0])
    await until('it to be accepted', async () => (await claim(id)).length === 1)
    expect(await claim(id)).toHaveLength(1)
  })
})

describe('reading', () => {
  test('[F1] a command is there at once, and says how far it is until it was taken', async () => {
    const id = await anInstance()
    const { json, headers } = await ask(id, { key: 'k1' })
    const { idempotencyKey: _, renderedAs: __, ...ids } = json
    const waiting = {
      ...ids,
      ...{ operation: 'message.send', chatId: '5511900000011@s.whatsapp.net', state: 'waiting', tries: 0 },
      ...{
        acceptedAt: new Date(api.clock.nowAt).toISOString(),
        endedAt: null,
        reason: null,
        reasonText: null,
        code: null,
        result: null,
      },
    }
    const atOnce = (await read(id, json.commandId)).json
    expect({ ...atOnce, waitsFor: null }).toEqual({ ...waiting, waitsFor: null })
    const projected = await read(id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
    expect([projected.status, projected.json]).toEqual([200, waiting])
    expect(await claim(id)).toHaveLength(1)
    expect((await read(id, json.commandId)).json.state).toBe('sending')
    const commandId = String(json.commandId)
    await beginTry(api.database, { ...owned(id), commandId, tries: 1, built: Buffer.from('sealed') })
    await decideOutcome(api.database, {
      ...owned(id),
      commandId,
      outcome: { type: 'command.completed', at: Date.now(), saidAt: null },
    })
    expect((await read(id, commandId)).json).toMatchObject({ state: 'sending', tries: 1, endedAt: null })
    await endCommand(api.database, { instanceId: id, commandId })
    expect((await read(id, commandId)).json).toMatchObject({ state: 'completed', endedAt: expect.any(String), reason: null })
    expect((await ask(id, { key: 'k1' })).json).toEqual(json)
  })

  test('[F1] one that failed says why, for programs and for people', async () => {
    const id = await anInstance()
    const { json } = await ask(id)
    const why = { reason: 'account-restricted', reasonText: 'WhatsApp restricts the account (463)', code: '463' }
    await endAs(id, { type: 'command.failed', at: Date.now(), ...why })
    expect((await read(id, json.commandId)).json).toMatchObject({ state: 'failed', tries: 1, ...why })
  })

  test('[F1] one that there is not, or that is another instance’s, is 404', async () => {
    const [id, other] = [await anInstance(), await anInstance()]
    const { json } = await ask(id)
    for (const answer of [await read(other, json.commandId), await read(id, '0'.repeat(32))])
      expect(answer.json).toMatchObject({ status: 404, type: 'urn:zaplog:problem:command-not-found' })
  })

  test('[F1] the list is newest first, in pages that hold each once, by state and by instant', async () => {
    const id = await anInstance()
    const asked: string[] = []
    const at: string[] = []
    for (let nth = 0; nth < 5; nth += 1) {
      api.clock.nowAt += nth % 2 === 0 ? 1000 : 0
      at.push(new Date(api.clock.nowAt).toISOString())
      asked.push(String((await ask(id, { key: `k${nth}`, body: { ...hello, chatId: `551190000001${nth}` } })).json.commandId))
    }
    const pages = async (query: string) => {
      const ids: string[] = []
      for (let cursor: unknown = '', last = false; !last; last = cursor === null) {
        const path = `/v1/instances/${id}/commands?limit=2${query}${cursor === '' ? '' : `&cursor=${cursor}`}`
        const { json } = await api.call('GET', path)
        ids.push(...(json.data as { commandId: string }[]).map(one => one.commandId))
        cursor = json.nextCursor
      }
      return ids
    }
    const all = await pages('')
    expect(all.toSorted()).toEqual(asked.toSorted())
    expect(all[0]).toBe(asked[4])
    await until(
      'all to be accepted',
      async () =>
        (await api.database.query(`select from commands where instance_id = $1 and state = 'accepted'`, [id])).length === 5,
    )
    const [claimed] = await claim(id, 1, 1)
    expect(await pages('&state=sending')).toEqual([claimed?.command_id])
    expect(await pages('&state=waiting')).toEqual(all.filter(one => one !== claimed?.command_id))
    expect(await pages('&state=failed')).toEqual([])
    expect(await pages(`&chatId=${encodeURIComponent('+55 11 90000-0013')}`)).toEqual([asked[3]])
    expect(await pages('&chatId=5511900000019')).toEqual([])
    const after = await pages(`&after=${at[2]}&before=${at[4]}`)
    expect(after.toSorted()).toEqual([asked[2], asked[3]].toSorted())
    for (const query of [
      'state=asked',
      'chatId=nobody',
      'cursor=x',
      `cursor=${Buffer.from('["1","a\\u0000"]').toString('base64url')}`,
    ])
      expect((await api.call('GET', `/v1/instances/${id}/commands?${query}`)).status).toBe(422)
  })
})

describe('what a command waits for', () => {
  const nothing = { nextAt: null, commandId: null, instanceState: null, refusal: null }
  const query = (sql: string, values: unknown[] = []) => api.database.query(sql, values)
  const inAnHour = `now() + interval '1 hour'`
  const anHour = expect.stringMatching(/Z$/)
  /** As its session says it. */
  async function anOpenInstance(): Promise<string> {
    const id = await anInstance()
    const opened = anEvent('instance.state-changed', { instanceId: id, state: 'open', reason: null, reasonText: null })
    await api.call('GET', `/v1/instances/${id}?waitFor=${await appendEvents(api, [opened])}`)
    return id
  }
  /** Of one that is accepted. */
  async function askAccepted(id: string, chatId = '5511900000011'): Promise<string> {
    const { json, headers } = await ask(id, { body: { ...hello, chatId } })
    await read(id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
    // The clock of the tests is behind that of the database, which says what is late.
    await query(`update commands set expires_at = ${inAnHour} where command_id = $1`, [json.commandId])
    return String(json.commandId)
  }
  const waitsFor = async (id: string, commandId: string) => {
    const { data } = (await api.call('GET', `/v1/instances/${id}/commands`)).json as {
      data: { commandId: string; waitsFor: unknown }[]
    }
    const one = (await read(id, commandId)).json
    expect(data.find(listed => listed.commandId === commandId)).toEqual(one)
    return one.waitsFor
  }

  test('[F2] the instance that is not open, before anything else; nothing in an answer 202 of one that is', async () => {
    const [id, other] = [await anOpenInstance(), await anInstance()]
    expect((await ask(id)).json.waitsFor).toBeNull()
    expect(await waitsFor(other, await askAccepted(other))).toEqual(away)
  })

  test('[F2] a turn of its pace, one of first messages, the one before it in its chat, the rest of its account: each with its time', async () => {
    const id = await anOpenInstance()
    const first = await askAccepted(id)
    const second = await askAccepted(id)
    expect(await waitsFor(id, first)).toEqual({ ...nothing, reason: 'first-contact-pace' })
    expect(await waitsFor(id, second)).toEqual({ ...nothing, reason: 'earlier-command', commandId: first })
    await query(`insert into outgoing_turns values ($1, ${inAnHour}, ${inAnHour})`, [id])
    expect(await waitsFor(id, first)).toEqual({ ...nothing, reason: 'first-contact-pace', nextAt: anHour })
    await query('update commands set is_first = false, is_paced = true where instance_id = $1', [id])
    expect(await waitsFor(id, first)).toEqual({ ...nothing, reason: 'pace', nextAt: anHour })
    await query(`update outgoing_turns set rests_until = ${inAnHour} where instance_id = $1`, [id])
    expect(await waitsFor(id, first)).toEqual({ ...nothing, reason: 'rate-limited', nextAt: anHour })
    await query('update commands set is_paced = false where instance_id = $1', [id])
    expect(await waitsFor(id, first)).toEqual({ ...nothing, reason: 'start' })
  })

  test('[F2] what claims commands says when the next turns are', async () => {
    const id = await anOpenInstance()
    const first = await askAccepted(id)
    const waiting = await askAccepted(id, '5511900000012')
    const turnAt = Date.now() + 3_600_000
    await claim(id)
    await putOff(api.database, { ...owned(id), commandId: first, delayMs: 0, tries: 0, turn: 'none', refusal: null })
    await putOff(api.database, { ...owned(id), commandId: waiting, delayMs: 0, tries: 0, turn: 'first', refusal: null })
    const firsts = { spacingMs: 3_600_000, perDay: 0 }
    await claimCommands(api.database, owned(id), { busy: [], limit: 10, turns: 0, turnAt, firsts })
    const { nextAt } = (await waitsFor(id, waiting)) as { nextAt: string }
    expect(Date.parse(nextAt) - Date.now()).toBeGreaterThan(3_500_000)
    await query('update commands set is_first = false, is_paced = true where command_id = $1', [waiting])
    expect(await waitsFor(id, waiting)).toEqual({ ...nothing, reason: 'pace', nextAt: new Date(turnAt).toISOString() })
  })

  test('[F2] its next try with what WhatsApp said, its file, its try, its end: until it is over', async () => {
    const id = await anOpenInstance()
    const commandId = await askAccepted(id)
    await claim(id)
    expect(await waitsFor(id, commandId)).toEqual({ ...nothing, reason: 'sending' })
    const of = { ...owned(id), commandId }
    await beginTry(api.database, { ...of, tries: 1, built: Buffer.from('sealed') })
    const refusal = { type: 'command.failed', at: 1, reason: 'refused', reasonText: 'WhatsApp refused it.', code: '503' } as const
    const later = { ...of, delayMs: 3_600_000, tries: null, turn: 'none', refusal } as const
    await putOff(api.database, later)
    const { reason, reasonText, code } = refusal
    expect(await waitsFor(id, commandId)).toEqual({
      ...nothing,
      reason: 'retry',
      nextAt: anHour,
      refusal: { reason, reasonText, code },
    })
    await query(`update commands set due_at = null, waits_for = null where command_id = $1`, [commandId])
    await claim(id)
    await putOff(api.database, { ...later, refusal: null, waitsFor: 'media' })
    expect(await waitsFor(id, commandId)).toEqual({ ...nothing, reason: 'media', nextAt: anHour })
    await query(`update commands set due_at = null, upload_id = 'u1', built = null where command_id = $1`, [commandId])
    await claim(id)
    expect(await waitsFor(id, commandId)).toEqual({ ...nothing, reason: 'media' })
    await decideOutcome(api.database, { ...of, outcome: refusal })
    expect(await waitsFor(id, commandId)).toEqual({ ...nothing, reason: 'log' })
    await endCommand(api.database, { instanceId: id, commandId })
    expect(await waitsFor(id, commandId)).toBeNull()
  })
})

describe('cancelling', () => {
  const cancel = (id: string, commandId: unknown) => api.call('DELETE', `/v1/instances/${id}/commands/${commandId}`)
  const slugOf = ({ status, json }: Answer) => [status, String(json.type).replace('urn:zaplog:problem:', '')]
  const outcomesOf = async (id: string) => {
    const events: Event[] = []
    const signal = AbortSignal.timeout(10_000)
    for await (const record of api.testLog.log.read(api.testLog.topic('events'), { from: 'first', until: 'end' }, signal)) {
      const event = record.key === id ? await api.testLog.codec.decode(record.value, signal) : null
      if (event?.type === 'command.failed') events.push(event)
    }
    return events
  }
  const statesOf = async (id: string) =>
    (
      await api.database.query<{ state: string }>(
        'select state from commands where instance_id = $1 order by place, command_id',
        [id],
      )
    ).map(({ state }) => state)
  async function askAccepted(id: string, chatId = '5511900000011'): Promise<string> {
    const { json, headers } = await ask(id, { body: { ...hello, chatId } })
    await read(id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
    return String(json.commandId)
  }

  test('[F1] what waits has failed as cancelled, once however often that is asked, and its chat goes on', async () => {
    const id = await anInstance()
    const [first, second] = [await askAccepted(id), await askAccepted(id)]
    const cancelled = await cancel(id, first)
    expect(cancelled).toMatchObject({ status: 200, json: { state: 'failed', reason: 'cancelled', tries: 0, waitsFor: null } })
    expect((await cancel(id, first)).json).toEqual(cancelled.json)
    expect(await outcomesOf(id)).toMatchObject([
      { commandId: first, reason: 'cancelled', chatId: '5511900000011@s.whatsapp.net' },
    ])
    expect((await claim(id)).map(one => one.command_id)).toEqual([second])
    expect(slugOf(await cancel(id, '0'.repeat(32)))).toEqual([404, 'command-not-found'])
  })

  test('[F1] one that no row was projected of is cancelled as well, and its record begins nothing then', async () => {
    const id = await anInstance()
    append = 'refuses'
    const { json } = await ask(id, { key: 'k1' })
    expect(json.status).toBe(503)
    append = 'takes'
    const [row] = await api.database.query<{ command_id: string }>('select command_id from commands where instance_id = $1', [id])
    expect((await cancel(id, row?.command_id)).status).toBe(200)
    expect((await ask(id, { key: 'k1' })).status).toBe(202)
    expect(await statesOf(id)).toEqual(['failed'])
  })

  test('[F1] [B2] one that is claimed is cancelled until a try begins, and no try begins after it', async () => {
    const id = await anInstance()
    const [commandId, other] = [await askAccepted(id), await askAccepted(id, '5511900000012')]
    expect(await claim(id)).toHaveLength(2)
    const begin = (commandId: string) =>
      beginTry(api.database, { ...owned(id), commandId, tries: 1, built: Buffer.from('sealed') })
    expect((await cancel(id, commandId)).status).toBe(200)
    expect(await begin(commandId)).toBe(false)
    expect(await begin(other)).toBe(true)
    expect(slugOf(await cancel(id, other))).toEqual([409, 'being-sent'])
  })

  test('[F1] what WhatsApp may have is 409, what it refused is cancelled, what is over is 409 with how it ended', async () => {
    const id = await anInstance()
    const commandId = await askAccepted(id)
    const of = { ...owned(id), commandId }
    const refusal = { type: 'command.failed', at: 1, reason: 'refused', reasonText: 'WhatsApp refused it.', code: '503' } as const
    const later = { ...of, delayMs: 3_600_000, tries: null, turn: 'none' } as const
    await claim(id)
    await beginTry(api.database, { ...of, tries: 1, built: Buffer.from('sealed') })
    await putOff(api.database, { ...later, refusal: null })
    expect(slugOf(await cancel(id, commandId))).toEqual([409, 'being-sent'])
    const refused = await askAccepted(id, '5511900000012')
    await claim(id)
    await beginTry(api.database, { ...of, commandId: refused, tries: 1, built: Buffer.from('sealed') })
    await putOff(api.database, { ...later, commandId: refused, refusal })
    expect(await cancel(id, refused)).toMatchObject({ status: 200, json: { reason: 'cancelled', tries: 1 } })
    const done = await askAccepted(id, '5511900000013')
    await endAs(id, { type: 'command.completed', at: 1, saidAt: null })
    const over = await cancel(id, done)
    expect([...slugOf(over), over.json.detail]).toEqual([409, 'command-over', expect.stringContaining('it was done')])
  })

  test('[F1] all that wait are cancelled, of a chat by any of its addresses or of the instance, and of no other', async () => {
    const [id, other] = [await anInstance(), await anInstance()]
    const chats = [somebody.pn, '5511900000012', somebody.pn, '5511900000013', somebody.pn]
    for (const chatId of chats) await askAccepted(id, chatId)
    await askAccepted(other)
    const all = (query = '') => api.call('DELETE', `/v1/instances/${id}/commands${query}`)
    const position = await appendEvents(api, [anEvent('contact.updated', { instanceId: id })])
    await api.call('GET', `/v1/instances/${id}?waitFor=${position}`)
    expect((await all(`?chatId=${somebody.lid}`)).json).toEqual({ cancelled: 3 })
    expect(await statesOf(id)).toEqual(['failed', 'accepted', 'failed', 'accepted', 'failed'])
    expect((await all()).json).toEqual({ cancelled: 2 })
    expect((await all()).json).toEqual({ cancelled: 0 })
    expect((await all('?chat=x')).status).toBe(422)
    expect([await statesOf(other), (await outcomesOf(id)).length]).toEqual([['accepted'], 5])
  })

  const photo = (name: string) => ({ kind: 'image', media: { url: `https://example.com/${name}.jpg`, mimetype: 'image/jpeg' } })
  type Row = { command_id: string; operation: string; state: string; body: { kind: string } }
  const rowsOf = (id: string) =>
    api.database.query<Row>('select command_id, operation, state, body from commands where instance_id = $1 order by place', [id])
  async function anAlbum(id: string, items = [photo('um'), photo('dois')]) {
    const { json, headers } = await ask(id, { body: { chatId: hello.chatId, kind: 'album', items } })
    await read(id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
    const [marker, ...others] = (await rowsOf(id)).map(row => row.command_id)
    return { whole: String(json.commandId), marker: marker ?? '', items: others.slice(0, items.length) }
  }
  const begin = (id: string, commandId: string) =>
    beginTry(api.database, { ...owned(id), commandId, tries: 1, built: Buffer.from('sealed') })
  const refusal = { type: 'command.failed', at: 1, reason: 'refused', reasonText: 'WhatsApp refused it.', code: '503' } as const
  const putOffAs = (id: string, commandId: string, said: Outcome | null) =>
    putOff(api.database, { ...owned(id), commandId, delayMs: 3_600_000, tries: null, turn: 'none', refusal: said })
  const dueAgain = async (id: string, commandId: string) => {
    await api.database.query('update commands set due_at = null where command_id = $1', [commandId])
    expect((await claim(id)).map(one => one.command_id)).toContain(commandId)
  }

  test('[F1] an album is cancelled with all that it is made of, asked for as a whole, by its marker or with its chat', async () => {
    const bys = [
      async (id: string, { whole }: Awaited<ReturnType<typeof anAlbum>>) => (await cancel(id, whole)).json.reason,
      async (id: string, { marker }: Awaited<ReturnType<typeof anAlbum>>) => (await cancel(id, marker)).json.reason,
      async (id: string) => (await api.call('DELETE', `/v1/instances/${id}/commands?chatId=${hello.chatId}`)).json.cancelled,
    ]
    const said: unknown[] = []
    for (const by of bys) {
      const id = await anInstance()
      const album = await anAlbum(id)
      said.push(await by(id, album))
      expect(await statesOf(id)).toEqual(['failed', 'failed', 'failed', 'failed'])
      const told = (await outcomesOf(id)).map(event => 'commandId' in event && event.commandId)
      expect(told.toSorted()).toEqual([album.whole, album.marker, ...album.items].toSorted())
      expect(await api.database.query('select state from uploads where instance_id = $1', [id])).toEqual([
        { state: 'failed' },
        { state: 'failed' },
      ])
    }
    expect(said).toEqual(['cancelled', 'cancelled', 4])
  })

  test('[F1] of an album that has begun what is back is cancelled, and its end is left to who says what was sent', async () => {
    const id = await anInstance()
    const { whole } = await anAlbum(id)
    const [marker] = await claim(id)
    expect(await begin(id, marker?.command_id ?? '')).toBe(true)
    expect(slugOf(await cancel(id, whole))).toEqual([409, 'being-sent'])
    expect(slugOf(await cancel(id, whole))).toEqual([409, 'being-sent'])
    expect(await statesOf(id)).toEqual(['sending', 'failed', 'failed', 'accepted'])
    const another = await anInstance()
    const { items } = await anAlbum(another)
    expect((await cancel(another, items[1])).json).toMatchObject({ reason: 'cancelled' })
    expect(await statesOf(another)).toEqual(['accepted', 'accepted', 'failed', 'accepted'])
  })

  test('[F1] an album whose parts are not known yet is 409, and not said to be cancelled', async () => {
    const id = await anInstance()
    append = 'refuses'
    await ask(id, { key: 'k1', body: { chatId: hello.chatId, kind: 'album', items: [photo('um'), photo('dois')] } })
    append = 'takes'
    const [row] = await rowsOf(id)
    expect(slugOf(await cancel(id, row?.command_id))).toEqual([409, 'being-sent'])
    expect((await api.call('DELETE', `/v1/instances/${id}/commands`)).json).toEqual({ cancelled: 0 })
    expect(await statesOf(id)).toEqual(['asked'])
  })

  test('[F1] [B2] one that WhatsApp did not answer once may be there, whatever it said later; one done in part, too', async () => {
    const id = await anInstance()
    const commandId = await askAccepted(id)
    await claim(id)
    await begin(id, commandId)
    await putOffAs(id, commandId, null)
    await dueAgain(id, commandId)
    await beginTry(api.database, { ...owned(id), commandId, tries: 2, built: null })
    await putOffAs(id, commandId, refusal)
    expect(slugOf(await cancel(id, commandId))).toEqual([409, 'being-sent'])
    const partly = await askAccepted(id, '5511900000012')
    await claim(id)
    await begin(id, partly)
    await putOffAs(id, partly, { ...refusal, isPartly: true })
    expect(slugOf(await cancel(id, partly))).toEqual([409, 'being-sent'])
    const each = await askAccepted(id, '5511900000013')
    await claim(id)
    await begin(id, each)
    await begin(id, each)
    await putOffAs(id, each, refusal)
    await dueAgain(id, each)
    await beginTry(api.database, { ...owned(id), commandId: each, tries: 2, built: null })
    await putOffAs(id, each, refusal)
    const reasonText = 'It was cancelled after this: WhatsApp refused it.'
    expect(await cancel(id, each)).toMatchObject({ status: 200, json: { reason: 'cancelled', reasonText } })
  })

  test('[F2] a first message that is cancelled before it is sent gives its turn back, and one that was only claimed after another keeps it', async () => {
    const id = await anInstance()
    const askNow = async () => {
      const commandId = await askAccepted(id)
      await api.database.query(`update commands set expires_at = now() + interval '1 day' where command_id = $1`, [commandId])
      return commandId
    }
    const commandId = await askNow()
    const turns = () => api.database.query('select chat_id from first_contacts where instance_id = $1', [id])
    expect((await claim(id)).map(one => one.turn)).toEqual(['first'])
    expect(await turns()).toHaveLength(1)
    expect((await cancel(id, commandId)).status).toBe(200)
    expect(await turns()).toEqual([])
    const sent = await askNow()
    await claim(id)
    await begin(id, sent)
    const later = await askNow()
    expect((await cancel(id, later)).status).toBe(200)
    expect(await turns()).toHaveLength(1)
  })

  test('[F1] [B8] of a chat that is ignored the outcome is told without it, and each that is cancelled is counted', async () => {
    const id = await anInstance()
    const counted = async () =>
      Number(
        /commands_ended_total\{outcome="cancelled"\} (\d+)/.exec(
          (await api.call('GET', '/metrics', { key: metricsToken })).text,
        )?.[1] ?? 0,
      )
    const before = await counted()
    expect((await api.call('PATCH', `/v1/instances/${id}`, { body: { settings: { ignoreNewsletters: true } } })).status).toBe(200)
    const commandId = await askAccepted(id)
    await api.database.query(`update commands set chat_id = '120363000000000001@newsletter' where command_id = $1`, [commandId])
    expect((await cancel(id, commandId)).status).toBe(200)
    expect(await outcomesOf(id)).toMatchObject([{ commandId, chatId: null, reason: 'cancelled' }])
    expect(await counted()).toBe(before + 1)
  })

  test('[F1] a file that another command sends as well is left to it, and a store that is away is no answer', async () => {
    const id = await anInstance()
    const chat = (chatId: string) => ({ chatId, kind: 'image' })
    const { json } = await ask(id, { body: { ...chat(hello.chatId), media: photo('um').media } })
    const uploads = () =>
      api.database.query<{ upload_id: string; state: string }>('select upload_id, state from uploads where instance_id = $1', [
        id,
      ])
    const [upload] = await uploads()
    const other = await ask(id, { body: { ...chat('5511900000012'), media: { uploadId: upload?.upload_id } } })
    expect(other.status).toBe(202)
    expect((await cancel(id, json.commandId)).status).toBe(200)
    expect(await uploads()).toMatchObject([{ state: 'processing' }])
    isStoreAway = true
    expect((await cancel(id, other.json.commandId)).status).toBe(200)
    isStoreAway = false
    expect(await uploads()).toMatchObject([{ state: 'failed' }])
  })

  test('[F1] the file that zaplog brings for it is brought no further', async () => {
    const id = await anInstance()
    const media = { url: 'https://example.com/foto.jpg', mimetype: 'image/jpeg' }
    const { json } = await ask(id, { body: { chatId: hello.chatId, kind: 'image', media } })
    expect((await cancel(id, json.commandId)).status).toBe(200)
    const uploads = await api.database.query('select state, reason from uploads where instance_id = $1', [id])
    expect(uploads).toEqual([{ state: 'failed', reason: 'given-up' }])
  })
})
