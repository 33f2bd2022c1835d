// What zaplog makes of a history that a phone shared, as outsiders see it: in the topic, by its own call, in lists and at endpoints.
import { expect } from 'vitest'
import type { SharedHistory } from '../../../simulator/accounts/history/share-history.ts'
import type { Event, EventOf } from '../../../src/events/event.ts'
import type { Receiver } from '../receiver.ts'
import { until } from '../until.ts'
import { INSTANCE, type Stage } from './stage.ts'

/** Ids of the messages, newest first. */
export const idsOf = ({ history }: SharedHistory): readonly string[] =>
  Array.from({ length: history.total }, (_, place) => history.message(place).id)

export const statusIdsOf = ({ history }: SharedHistory, statuses: number): readonly string[] =>
  Array.from({ length: statuses }, (_, place) => history.status(place).id)

export type HistoryAnswer = {
  historySync: boolean
  state: string
  messages: number
  people: number
  parts: { syncType: string; withoutMessages: boolean; reason: string | null }[]
}

/** GET /v1/instances/{id}/history. */
export async function readHistory({ zaplog }: Stage): Promise<HistoryAnswer> {
  const { status, body } = await zaplog().call('GET', `/v1/instances/${INSTANCE}/history`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body as HistoryAnswer
}

/** All of its parts: so many notifications of the phone. */
export const untilDone = (stage: Stage, parts: number, deadlineMs?: number): Promise<true> =>
  until(
    'the history to be worked off',
    async () => {
      const history = await readHistory(stage)
      return history.parts.length === parts && history.state === 'done'
    },
    deadlineMs,
  )

export async function historyEvents({ ground }: Pick<Stage, 'ground'>): Promise<readonly Event[]> {
  const log = await ground.openLog()
  try {
    return await log.events('history')
  } finally {
    await log.close()
  }
}

export const isHistoryMessage = (event: Event): event is EventOf<'message.history'> => event.type === 'message.history'
export const isProgress = (event: Event): event is EventOf<'history.progressed'> => event.type === 'history.progressed'

/** Each message once, under one eventId; copies of it are the same event. Answers how many copies there are. */
export function expectEachOnce(events: readonly Event[], messageIds: readonly string[]): number {
  const all = events.filter(isHistoryMessage)
  const byEvent = new Map(all.map(event => [event.eventId, event]))
  expect([...byEvent.values()].map(event => event.messageId).toSorted()).toEqual(messageIds.toSorted())
  return all.length - byEvent.size
}

/** The last word on each part. */
export function endsOf(events: readonly Event[]): Readonly<Record<string, readonly string[]>> {
  const last = new Map(events.filter(isProgress).map(event => [event.sourceEventId, event]))
  const bySyncType = Map.groupBy(last.values(), event => event.syncType)
  return Object.fromEntries([...bySyncType].map(([syncType, ends]) => [syncType, ends.map(event => event.state)]))
}

export const deliveredHistory = (receiver: Receiver): readonly string[] =>
  receiver.accepted.filter(({ body }) => body.type === 'message.history').map(({ body }) => String(body.data.messageId))

export async function listContacts({ zaplog }: Stage): Promise<readonly Record<string, unknown>[]> {
  const { status, body } = await zaplog().call('GET', `/v1/instances/${INSTANCE}/contacts?limit=200`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body.data as Record<string, unknown>[]
}
