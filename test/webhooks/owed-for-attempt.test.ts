// What the log is told of an attempt, word for word, and what is left of it where no log takes that.
import { describe, expect, it } from 'vitest'
import { openCodec } from '../../src/events/codec.ts'
import type { EventOf } from '../../src/events/event.ts'
import type { Situation } from '../../src/webhooks/bridge/delivery-situation.ts'
import { owedFor } from '../../src/webhooks/bridge/owed-for-attempt.ts'
import { formsOf } from '../../src/webhooks/bridge/owed-forms.ts'
import type { AttemptOutcome } from '../../src/webhooks/deliveries/attempt-outcome.ts'
import type { Exchanged } from '../../src/webhooks/deliveries/attempt-record.ts'
import type { OwedRow } from '../../src/webhooks/deliveries/outbox-rows.ts'
import { anEvent } from '../ground/events.ts'
import { memoryRegistry } from '../ground/memory-registry.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const NOW = 1_800_000_000_000
const TRIED_SINCE = NOW - 60_000
const codec = await openCodec(memoryRegistry(), never)
const delivery = anEvent('delivery.released', { deliveryId: 'd', endpointId: 'ep_1', epoch: 3, sequence: 7, messageId: 'M' })
const record = { topic: 'wa.webhook-deliveries', partition: 2, offset: 5n, ...codec.encode(delivery, 'lane') }
const refused: Exchanged = {
  attempt: 4,
  token: 't',
  durationMs: 12.6,
  agoMs: 0,
  statusCode: 500,
  error: null,
  response: 'no',
  code: 'status-500',
}
const retry = { kind: 'retry', inMs: 120_000, step: 4, refusedMs: 0 } as const

type Told = { outcome?: AttemptOutcome; exchange?: Partial<Exchanged>; firstAttemptAt?: number | null }
function owed({ outcome = retry, exchange = {}, firstAttemptAt = TRIED_SINCE }: Told) {
  const situation = { nowAt: NOW, firstAttemptAt } as Situation
  const deps = { topic: (name: string) => `wa.${name}`, consumerGroup: 'zaplog.webhooks', clock: () => NOW }
  return owedFor(deps, { delivery, record, situation, exchange: { ...refused, ...exchange }, outcome })
}

describe('of an attempt', () => {
  it('[E7] [E14] the log is owed one record, under the endpoint’s key, made from the attempt’s row when it goes', () => {
    const { envelope, owed: all } = owed({})
    expect(envelope).toEqual({
      eventId: expect.stringMatching(/^[0-9a-f]{32}$/),
      instanceId: delivery.instanceId,
      epoch: 3,
      sequence: 7,
      occurredAt: NOW,
      messageId: 'M',
      endpointId: 'ep_1',
    })
    const headers = { 'event-id': envelope.eventId, 'event-type': 'delivery.attempted', 'instance-id': delivery.instanceId }
    expect(all).toEqual([
      {
        topic: 'wa.webhook-attempts',
        record: { key: 'ep_1', value: null, headers, recordedAt: NOW },
        madeFrom: { deliveryId: 'd', attempt: 4 },
      },
    ])
  })

  it('[E4] each has an event id of its own, the same whenever it is told again', () => {
    const idOf = (attempt: number) => owed({ exchange: { attempt } }).envelope.eventId
    expect(idOf(1)).toBe(idOf(1))
    expect(idOf(1)).not.toBe(idOf(2))
  })

  it('[E7] that a process died over is told with the time of its answer, however late', () => {
    expect(owed({ exchange: { agoMs: 5_000 } }).envelope.occurredAt).toBe(NOW - 5_000)
  })

  it('[E7] that ends its delivery the log gets the dead letter, too, which says why, and since when', () => {
    const dead = { kind: 'dead', reason: 'the schedule is over' } as const
    const [letter, attempted] = owed({ outcome: dead }).owed
    expect(letter).toMatchObject({ topic: 'wa.dead-letters', record: { key: 'lane', value: record.value } })
    expect(letter?.record.headers).toMatchObject({
      'x-origin-topic': 'wa.webhook-deliveries',
      'x-origin-partition': '2',
      'x-origin-offset': '5',
      'x-error-code': 'status-500',
      'x-error-message': 'the schedule is over; status 500',
      'x-attempts': '4',
      'x-processor': 'zaplog.webhooks',
      'x-first-failed-at': String(TRIED_SINCE),
    })
    expect(attempted?.topic).toBe('wa.webhook-attempts')
    const unanswered = { statusCode: null, error: 'connection refused' }
    const [first] = owed({ outcome: dead, firstAttemptAt: null, exchange: unanswered }).owed
    expect(first?.record.headers).toMatchObject({
      'x-error-message': 'the schedule is over; connection refused',
      'x-first-failed-at': String(NOW),
    })
  })
})

const attempted: EventOf<'delivery.attempted'> = anEvent('delivery.attempted', {
  deliveryId: 'd',
  endpointId: 'ep_1',
  attempt: 4,
  error: 'x'.repeat(5000),
  response: 'no',
})
const rowOf = (given: Partial<OwedRow>): OwedRow => {
  const { eventId, instanceId, recordedAt } = attempted
  const headers = { 'event-id': eventId, 'event-type': 'delivery.attempted', 'instance-id': instanceId }
  const announced = { key: 'ep_1', value: null, headers, recordedAt }
  return { outboxId: '1', topic: 'wa.webhook-attempts', record: announced, attempted: null, ...given }
}
const madeOf = (row: OwedRow) => Promise.all(formsOf(codec, row).map(form => form(never)))

describe('a record in the forms in which a log may take it', () => {
  it('[E7] is, of an attempt, the whole of its row, and then that without what its receiver answered and what went wrong', async () => {
    const [whole, lesser] = await madeOf(rowOf({ attempted }))
    expect(whole).toEqual(codec.encode(attempted, 'ep_1'))
    expect(lesser).toEqual(codec.encode({ ...attempted, response: null, error: null }, 'ep_1'))
  })

  it('[E7] is, of an attempt that an earlier version wrote whole, that, and then the same less', async () => {
    const row = rowOf({ record: codec.encode(attempted, 'ep_1') })
    const [whole, lesser] = await madeOf(row)
    expect(whole).toEqual(row.record)
    expect(lesser).toEqual(codec.encode({ ...attempted, response: null, error: null }, 'ep_1'))
    const unreadable = { ...row.record, value: Buffer.from('nonsense') }
    expect(await madeOf(rowOf({ record: unreadable }))).toEqual([unreadable, { ...unreadable, value: null }])
  })

  it('[E7] is, of anything else, then its key and headers, which say where the whole is', async () => {
    const [letter] = owed({ outcome: { kind: 'dead', reason: 'over' } }).owed
    if (letter === undefined) throw new Error('nothing is owed')
    expect(await madeOf(rowOf(letter))).toEqual([letter.record, { ...letter.record, value: null }])
  })

  it('[E7] is none, of an attempt whose row is not there any more', () => {
    expect(formsOf(codec, rowOf({ attempted: 'gone' }))).toEqual([])
  })

  it('[E7] cannot be made of what has no place in its schema, and then the lesser form can', async () => {
    const [whole, lesser] = formsOf(codec, rowOf({ attempted: { ...attempted, response: 7 as unknown as string } }))
    await expect(whole?.(never)).rejects.toMatchObject({ code: 'not-encodable' })
    expect(await lesser?.(never)).toEqual(codec.encode({ ...attempted, response: null, error: null }, 'ep_1'))
  })
})
