// Labels and what has them, channels' names and who is blocked, as the read model keeps and answers them.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { listChats, listContacts, listLabels } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aChannel, aGroup, anEvent, somebody, somebodyElse } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { pairOf } from '../ground/projections/number-of.ts'
import { dumpTables } from '../ground/standing-property.ts'

const instanceId = 'shop'
let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('labels', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

const projected = (...events: readonly Event[]) => dsl.projected(...events)
const label = (sequence: number, labelId: string, more = {}) =>
  anEvent('label.changed', { sequence, labelId, name: null, color: null, ...more })
const link = (sequence: number, labelId: string, chatId: string, on: boolean, targetMessageId: string | null = null) =>
  label(sequence, labelId, { chatId, chatPn: null, on, targetMessageId })
const labels = async () => (await listLabels(dsl.test.database, { instanceId })).data
const labelsOfChats = async () =>
  Object.fromEntries((await listChats(dsl.test.database, { instanceId })).data.map(one => [one.chatId, one.labels]))

describe('labels', () => {
  it('[D1] [D4] say what they are called and which chats and how many messages have them, those deleted left out', async () => {
    await projected(
      anEvent('message.received'),
      anEvent('message.received', { chatId: aGroup, chatPn: null, isGroup: true }),
      label(1, '1', { name: 'New', color: 3 }),
      label(2, '2', { name: 'Paid' }),
      label(3, '3', { name: 'Gone' }),
      link(4, '1', somebody.lid, true),
      link(5, '1', aGroup, true),
      link(6, '1', somebodyElse.lid, true),
      link(7, '1', somebodyElse.lid, false),
      link(8, '1', somebody.lid, true, 'M1'),
      link(9, '1', somebody.lid, true, 'M2'),
      link(10, '1', somebody.lid, false, 'M2'),
      link(11, '3', somebody.lid, true),
      label(12, '3', { deleted: true }),
      link(13, '3', aGroup, true),
    )
    expect(await labels()).toEqual([
      { instanceId, labelId: '1', name: 'New', color: 3, chats: [aGroup, somebody.lid], messages: 1 },
      { instanceId, labelId: '2', name: 'Paid', color: null, chats: [], messages: 0 },
    ])
    expect(await labelsOfChats()).toEqual({ [somebody.lid]: ['1'], [aGroup]: ['1'] })
  })

  it('[D1] [D4] one that nothing is known of is listed where something has it, and not where it was only taken away', async () => {
    await projected(link(1, '1', somebody.lid, false), link(2, '2', somebody.lid, true), link(3, '3', aGroup, false, 'M1'))
    expect(await labels()).toMatchObject([{ labelId: '2', name: null, chats: [somebody.lid] }])
  })

  it('[D1] [B4] given under a number and taken away under a LID it is gone, in whichever order that comes', async () => {
    const pair = anEvent('contact.updated')
    const text = anEvent('message.received')
    for (const [given, taken] of [
      [somebody.pn, somebody.lid],
      [somebody.lid, somebody.pn],
    ] as const) {
      const [on, off] = [link(2, '1', given, true), link(3, '1', taken, false)]
      const [onMessage, offMessage] = [link(4, '1', given, true, 'M1'), link(5, '1', taken, false, 'M1')]
      for (const events of [
        [on, off, onMessage, offMessage, pair],
        [pair, offMessage, off, on, onMessage],
      ]) {
        await projected(text, label(1, '1', { name: 'New' }), ...events)
        expect(await labels()).toMatchObject([{ chats: [], messages: 0 }])
        expect(await labelsOfChats()).toEqual({ [somebody.lid]: [] })
      }
      await projected(text, pair, link(2, '1', given, true), link(3, '1', taken, true))
      expect(await labels()).toMatchObject([{ name: null, chats: [somebody.lid] }])
      expect(await labelsOfChats()).toEqual({ [somebody.lid]: ['1'] })
    }
  })

  it('[D1] [B4] a number that is another one’s by now says nothing of the chat that had it before', async () => {
    const pairs = [pairOf(somebody, 1), pairOf(somebodyElse, 2)]
    await projected(...pairs, label(1, '1', { name: 'New' }), link(2, '1', somebody.lid, true), link(3, '1', somebody.pn, false))
    expect(await labels()).toMatchObject([{ chats: [somebody.lid] }])
    await projected(...pairs, label(1, '1', { name: 'New' }), link(2, '1', somebody.pn, true), link(3, '1', somebody.lid, false))
    expect(await labels()).toMatchObject([{ chats: [somebodyElse.lid] }])
  })

  it('[D1] one that is made again is there again, and any order of records gives the same rows', async () => {
    const events = [
      label(1, '1', { name: 'New', color: 1 }),
      label(2, '1', { deleted: true, name: 'New' }),
      label(3, '1', { name: 'Again' }),
      link(4, '1', somebody.lid, true),
      link(5, '1', somebody.lid, false),
      link(6, '1', aGroup, true, 'M1'),
    ]
    const tables = ['labels', 'label_links'].map(name => `read_model_1.${name}`)
    await projected(...events)
    expect(await labels()).toMatchObject([{ labelId: '1', name: 'Again', color: 1, chats: [], messages: 1 }])
    const expected = await dumpTables(dsl.test.database, tables)
    const shuffles = fc.shuffledSubarray(events, { minLength: events.length })
    const isSame = async (shuffled: readonly Event[], size: number) => {
      const world = await dsl.freshWorld()
      await world.append(shuffled)
      while ((await world.projectBatch('events', size)) > 0);
      expect(await dumpTables(dsl.test.database, tables)).toEqual(expected)
    }
    await fc.assert(fc.asyncProperty(shuffles, fc.integer({ min: 1, max: 6 }), isSame), { seed: 7, numRuns: 10 })
  })

  it('[D4] are listed in pages, the last changed first', async () => {
    await projected(...['1', '2', '3'].map((id, index) => label(index + 1, id, { name: id })))
    const first = await listLabels(dsl.test.database, { instanceId, limit: 2 })
    const rest = await listLabels(dsl.test.database, { instanceId, limit: 2, cursor: first.nextCursor })
    expect([...first.data, ...rest.data].map(one => one.labelId)).toEqual(['3', '2', '1'])
    expect(rest.nextCursor).toBeNull()
  })

  it('[D1] ids that no index could hold stop nobody', async () => {
    await projected(label(1, 'x'.repeat(10_000), { name: 'Long' }))
    expect(await labels()).toMatchObject([{ labelId: expect.stringContaining('…sha256:'), name: 'Long' }])
  })
})

it('[D1] the chat of a channel has its name, the last that was told', async () => {
  const named = (sequence: number, name: string | null) => anEvent('newsletter.updated', { sequence, name })
  await projected(
    anEvent('message.received', { chatId: aChannel, chatPn: null, senderId: null, senderPn: null }),
    named(3, 'Last'),
    named(1, 'First'),
    named(4, null),
  )
  expect((await listChats(dsl.test.database, { instanceId })).data).toMatchObject([{ chatId: aChannel, name: 'Last' }])
})

it('[D1] a contact says whether it is blocked, by the last word about any of its addresses', async () => {
  const block = (sequence: number, contactId: string, on: boolean) =>
    anEvent('blocklist.updated', { sequence, contactId, contactPn: null, on })
  const blocked = async () => (await listContacts(dsl.test.database, { instanceId })).data.map(one => one.blocked)
  const world = await projected(anEvent('contact.updated'))
  expect(await blocked()).toEqual([false])
  for (const [sequence, address, on] of [
    [9_002, somebody.lid, true],
    [9_001, somebody.lid, false],
    [9_003, somebody.pn, false],
    [9_004, somebody.lid, true],
  ] as const) {
    await world.append([block(sequence, address, on)])
    await world.projectAll()
    expect(await blocked()).toEqual([on || sequence === 9_001])
  }
})
