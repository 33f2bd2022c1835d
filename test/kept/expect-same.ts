// What was there is there: every answer of then, field by field, whatever fields were added since; and the log, record by record.
import { expect } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { until } from '../ground/until.ts'
import type { Expected, Page } from './expected.ts'
import type { Kept } from './open-kept.ts'
import { deliveryOf, type Item, idOf, readList, readLog, withoutLinks } from './outside.ts'

/** Fields that are not the past's: instants that were shifted, what later messages and attempts change, what is shown of secrets, who is there. */
const CHANGING: Readonly<Record<string, readonly string[]>> = {
  endpoints: ['createdAt', 'headers', 'failingSince', 'lastError', 'waiting', 'deadLetters'],
  contacts: ['updatedAt', 'presence'],
  chats: ['lastMessageAt', 'lastMessage', 'unread'],
  commands: ['acceptedAt', 'queuedUntil', 'endedAt'],
  messages: [],
  media: [],
}

export async function expectSameAnswers({ zaplog, expected }: Kept): Promise<void> {
  for (const [path, items] of Object.entries(expected.lists)) {
    const now = new Map((await readList(zaplog, path)).map(item => [idOf(path, item), withoutLinks(item)]))
    for (const item of items.filter(isSettled)) {
      const kept = without(item, CHANGING[path.split('/').at(-1) ?? ''] ?? [])
      expect(now.get(idOf(path, item)), `${path}: ${idOf(path, item)}`).toMatchObject(kept)
    }
  }
  for (const [id, { state: _, stateAt: _at, epoch: _epoch, reason: _reason, reasonText: _text, ...kept }] of Object.entries(
    expected.instances,
  ))
    expect((await zaplog.call('GET', `/v1/instances/${id}`)).body).toMatchObject(kept)
  for (const [path, kept] of Object.entries(expected.resources ?? {}))
    expect((await zaplog.call('GET', path)).body, path).toMatchObject(kept)
  for (const page of expected.pages) await expectGoesOn(zaplog, page)
  const { token, path } = expected.position
  expect((await zaplog.call('GET', `${path}?waitFor=${encodeURIComponent(token)}`)).status).toBe(200)
}

/** A file that was on its way is not the past, nor what was to be sent. */
const isSettled = (item: Item): boolean =>
  item.status !== 'pending' && item.state !== 'waiting' && (item.media as Item | null | undefined)?.status !== 'pending'

const without = (item: Item, names: readonly string[]): Item =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)))

/** Everything that came after the first page, once; in which order within one second is not said. */
async function expectGoesOn(zaplog: Kept['zaplog'], { path, ids, cursor, rest }: Page): Promise<void> {
  const now = (await readList(zaplog, path, cursor)).map(item => idOf(path, item))
  expect(now.toSorted(), `${path} after ${ids.at(-1)}`).toEqual(rest.toSorted())
}

/** `pending`: an account that is away says so from time to time, and one of that may be on its way. */
const OWED: readonly string[] = ['waiting', 'held', 'pending']

/** What was over is as it was; what was owed is delivered, but to an endpoint that was deleted. */
export async function expectSameDeliveries({ zaplog, expected }: Kept): Promise<void> {
  const becomes = ({ state, endpointId }: Expected['deliveries'][number]) => {
    if (!OWED.includes(state)) return state
    return endpointId === expected.endpoints.deleted.id ? 'discarded' : 'delivered'
  }
  await until('what was owed to be settled', async () => {
    const now = await readDeliveries(zaplog)
    return expected.deliveries.every(one => now.get(one.id)?.state === becomes(one))
  })
  const now = await readDeliveries(zaplog)
  for (const one of expected.deliveries.filter(({ id, state }) => now.get(id)?.state === state))
    expect(now.get(one.id)).toEqual(one)
}

const readDeliveries = async (zaplog: Kept['zaplog']) =>
  new Map((await readList(zaplog, '/v1/deliveries')).map(item => [String(item.id), deliveryOf(item)]))

/** Every record of then at its place, and after them only new ones: no delivery again, and no event but that a part of history is begun. */
export async function expectLogGoesOn({ ground, expected }: Kept): Promise<void> {
  const its = await ground.openLog()
  try {
    const now = await readLog(its)
    const begun = new Set((await its.events('history')).filter(isBegun).map(({ eventId }) => eventId))
    for (const [topic, partitions] of Object.entries(expected.log)) {
      const old = new Set(partitions.flat().map(eventIdOf))
      for (const [partition, records] of partitions.entries()) {
        const place = `${topic}/${partition}`
        expect(now[topic]?.[partition]?.slice(0, records.length), place).toEqual(records)
        const added = (now[topic]?.[partition] ?? []).slice(records.length).map(eventIdOf)
        expect(
          added.filter(id => id !== '-' && old.has(id) && !begun.has(id)),
          `${place}: again`,
        ).toEqual([])
      }
    }
    const undecryptable = (await its.events('events')).filter(({ type }) => type === 'message.undecryptable')
    expect(undecryptable.filter(({ eventId }) => !expected.log.events?.flat().some(one => eventIdOf(one) === eventId))).toEqual(
      [],
    )
  } finally {
    await its.close()
  }
}

/** A copy under the same id where whoever worked it off died. */
const isBegun = (event: Event): boolean => event.type === 'history.progressed' && event.state === 'started'

const eventIdOf = (record: string): string => record.split(' ')[0] ?? ''
