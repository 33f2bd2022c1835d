// A command that is asked for again is the same, done once, whatever went wrong in between; one key asks for one thing.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  anInstance,
  ask,
  type CommandsWorld,
  claim,
  hello,
  openCommandsWorld,
  read,
  recordsOf,
} from '../ground/api/commands-world.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['request.failed'])
let world: CommandsWorld
beforeAll(async () => {
  world = await openCommandsWorld('api-commands-again', logger)
})
beforeEach(() => {
  world.parts.append = 'takes'
})
afterAll(() => world.close())

describe('asking again with the same key', () => {
  test('[F1] for the same is the same answer, and one row, in whichever order its fields are written and whatever the clock says', async () => {
    const id = await anInstance(world)
    const first = await ask(world, id, { key: 'k1' })
    world.api.clock.nowAt += 60_000
    const { text, kind, chatId } = hello
    for (const body of [hello, { text, chatId: '+55 11 90000-0011', kind }])
      expect(await ask(world, id, { key: 'k1', body })).toMatchObject({ status: 202, json: first.json })
    expect((await world.api.call('GET', `/v1/instances/${id}/commands`)).json.data).toHaveLength(1)
    expect(chatId).toBe('5511900000011')
  })

  test('[F1] for something else is 409, and changes nothing; another instance’s keys are its own', async () => {
    const [id, other] = [await anInstance(world), await anInstance(world)]
    const first = await ask(world, id, { key: 'k1' })
    for (const body of [
      { ...hello, text: 'Olá' },
      { ...hello, chatId: '5511900000012' },
    ]) {
      const refused = await ask(world, id, { key: 'k1', body })
      expect(refused.json).toMatchObject({ status: 409, type: 'urn:zaplog:problem:idempotency-key-reused' })
      expect(refused.headers.get('zaplog-position')).toBeNull()
    }
    expect(await recordsOf(world, id)).toHaveLength(1)
    expect((await read(world, id, first.json.commandId)).json).toMatchObject({ chatId: '5511900000011@s.whatsapp.net' })
    const elsewhere = await ask(world, other, { key: 'k1', body: { ...hello, text: 'Olá' } })
    expect(elsewhere.status).toBe(202)
    expect(elsewhere.json.commandId).not.toBe(first.json.commandId)
  })

  test.each(['takes', 'takes apart'] as const)(
    '[F1] of many at once, all get one answer, and it is one command: the log %s it',
    async how => {
      const id = await anInstance(world)
      world.parts.append = how
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask(world, id, { key: 'k1' })))
      expect(new Set(answers.map(one => JSON.stringify(one.json)))).toHaveLength(1)
      expect(new Set((await recordsOf(world, id)).map(one => one.eventId))).toHaveLength(1)
      await until('it to be accepted', async () => (await claim(world, id)).length === 1)
      expect(await claim(world, id, 2)).toHaveLength(1)
    },
  )
})

describe('an album', () => {
  const photo = (nth: number) => ({ kind: 'image', media: { url: `https://example.com/${nth}.jpg` } })
  const album = { chatId: '5511900000011', kind: 'album', items: [photo(1), { ...photo(2), caption: 'dois' }] }
  type Ids = Record<'commandId' | 'eventId' | 'messageId', string>

  test('[F1] is a command for its marker, for each of its items and for the whole, in one order; the answer names them all', async () => {
    const id = await anInstance(world)
    const { status, json, headers } = await ask(world, id, { key: 'k1', body: album })
    expect(status).toBe(202)
    const parts = json.parts as readonly Ids[]
    const records = await recordsOf(world, id)
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
    await read(world, id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
    for (const part of parts)
      expect((await read(world, id, part.commandId)).json).toMatchObject({ state: 'waiting', messageId: part.messageId })
    expect((await claim(world, id)).map(one => one.command_id)).toEqual([commandId])
  })

  test('[F1] [B3] that is asked for again is the same one, also where its answer was lost, or the log was away', async () => {
    const id = await anInstance(world)
    world.parts.append = 'refuses'
    expect((await ask(world, id, { key: 'k1', body: album })).status).toBe(503)
    expect(await recordsOf(world, id)).toEqual([])
    world.parts.append = 'takes and dies'
    expect((await ask(world, id, { key: 'k1', body: album })).status).toBe(503)
    world.parts.append = 'takes'
    const again = await ask(world, id, { key: 'k1', body: album })
    expect(again.status).toBe(202)
    const said = (await recordsOf(world, id)).map(({ recordedAt: _, ...one }) => one)
    // Where what was in the log is accepted by now, it is not there twice.
    expect([[], said.slice(0, 4)]).toContainEqual(said.slice(4))
    await until('all to be accepted', async () => (await world.api.call('GET', `/v1/instances/${id}/commands`)).json.data)
    expect((await ask(world, id, { key: 'k1', body: album })).json).toEqual(again.json)
    const fewer = { ...album, items: [...album.items].reverse() }
    expect((await ask(world, id, { key: 'k1', body: fewer })).status).toBe(409)
  })
})

describe('while the log is away', () => {
  test('[F1] [I3] it is 503 with Retry-After, and the same again is taken once the log is there', async () => {
    const id = await anInstance(world)
    world.parts.append = 'refuses'
    const refused = await ask(world, id, { key: 'k1' })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await recordsOf(world, id)).toEqual([])
    world.parts.append = 'takes'
    world.api.clock.nowAt += 60_000
    const taken = await ask(world, id, { key: 'k1' })
    expect(taken.status).toBe(202)
    expect(await recordsOf(world, id)).toMatchObject([
      { eventId: taken.json.eventId, expiresAt: Date.parse(String(taken.json.queuedUntil)) },
    ])
    expect((await ask(world, id, { key: 'k1', body: { ...hello, text: 'x' } })).status).toBe(409)
  })

  test('[F1] the longest text is taken, however its client writes it', async () => {
    const id = await anInstance(world)
    const written = JSON.stringify({ ...hello, text: '\u00e7'.repeat(65_536) }).replaceAll('\u00e7', '\\u00e7')
    const { status } = await world.api.call('POST', `/v1/instances/${id}/messages`, {
      rawBody: written,
      headers: { 'content-type': 'application/json' },
    })
    expect(status).toBe(202)
  })

  test('[F1] [I3] what the log takes in no time is said as such, each time', async () => {
    const id = await anInstance(world)
    world.parts.append = 'takes none so large'
    for (const key of ['k1', 'k1', 'k2'])
      expect((await ask(world, id, { key })).json).toMatchObject({ status: 413, type: 'urn:zaplog:problem:body-too-large' })
    expect(await recordsOf(world, id)).toEqual([])
  })

  test('[F1] [B3] an answer that was lost after the append costs a copy that says the same, and one command', async () => {
    const id = await anInstance(world)
    world.parts.append = 'takes and dies'
    expect((await ask(world, id, { key: 'k1' })).status).toBe(503)
    world.parts.append = 'takes'
    world.api.clock.nowAt += 60_000
    const again = await ask(world, id, { key: 'k1' })
    expect(again.status).toBe(202)
    const said = (await recordsOf(world, id)).map(({ recordedAt: _, ...one }) => one)
    for (const one of said) expect(one).toEqual(said[0])
    await until('it to be accepted', async () => (await claim(world, id)).length === 1)
    expect(await claim(world, id)).toHaveLength(1)
  })
})
