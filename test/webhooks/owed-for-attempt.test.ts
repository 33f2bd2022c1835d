// What the log is told of an attempt, word for word, and what is left of it where no log takes that.
import { describe, expect, it } from 'vitest'
import { openCodec } from '../../src/events/codec.ts'
import type { EventOf } from '../../src/events/event.ts'
import type { AttemptOutcome } from '../../src/webhooks/bridge/attempt-outcome.ts'
import type { Situation } from '../../src/webhooks/bridge/delivery-situation.ts'
import { owedFor } from '../../src/webhooks/bridge/owed-for-attempt.ts'
import type { AttemptRecord } from '../../src/webhooks/bridge/record-attempts.ts'
import { shrinkOwed } from '../../src/webhooks/bridge/shrink-owed.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { memoryRegistry } from '../ground/memory-registry.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const NOW = 1_800_000_000_000
const TRIED_SINCE = NOW - 60_000
const logger = collectLogLines(['webhooks.attempt-not-encodable'])
const codec = await openCodec(memoryRegistry(), never)
const delivery = anEvent('delivery.released', { deliveryId: 'd', endpointId: 'ep_1', epoch: 3, sequence: 7, messageId: 'M' })
const record = { topic: 'wa.webhook-deliveries', partition: 2, offset: 5n, ...codec.encode(delivery, 'lane') }
type Said = NonNullable<AttemptRecord['exchange']>
const refused: Said = { attempt: 4, durationMs: 12.6, statusCode: 500, error: null, response: 'no' }
const retry = { kind: 'retry', inMs: 120_000, step: 4, refusedMs: 0 } as const

type Told = {
  outcome?: AttemptOutcome
  said?: Partial<Said>
  code?: string
  firstAttemptAt?: number | null
  encode?: typeof codec.encode
}
function owed({ outcome = retry, said = {}, code = 'status-500', firstAttemptAt = TRIED_SINCE, encode = codec.encode }: Told) {
  const situation = { nowAt: NOW, firstAttemptAt } as Situation
  const deps = {
    codec: { encode },
    topic: (name: string) => `wa.${name}`,
    consumerGroup: 'zaplog.webhooks',
    logger,
    clock: () => NOW,
  }
  return owedFor(deps, { delivery, record, situation, said: { ...refused, ...said }, outcome, code })
}
const attemptIn = async (one: ReturnType<typeof owed>[number] | undefined) =>
  (await codec.decode(one?.record.value ?? null, never)) as EventOf<'delivery.attempted'>

describe('of an attempt', () => {
  it('[E7] [E14] the log gets what was sent, what came back, and what follows, under the endpoint’s key', async () => {
    const [one, ...others] = owed({})
    expect([one?.topic, one?.record.key, others]).toEqual(['wa.webhook-attempts', 'ep_1', []])
    expect(await attemptIn(one)).toMatchObject({
      instanceId: delivery.instanceId,
      epoch: 3,
      sequence: 7,
      messageId: 'M',
      occurredAt: NOW,
      recordedAt: NOW,
      deliveryId: 'd',
      endpointId: 'ep_1',
      attempt: 4,
      outcome: 'waiting',
      statusCode: 500,
      error: null,
      durationMs: 13,
      retryInMs: 120_000,
      response: 'no',
    })
  })

  it('[E4] each has an event id of its own, the same whenever it is told again', async () => {
    const idOf = async (attempt: number) => (await attemptIn(owed({ said: { attempt } })[0])).eventId
    expect(await idOf(1)).toBe(await idOf(1))
    expect(await idOf(1)).not.toBe(await idOf(2))
  })

  it('[E7] that ends its delivery the log gets the dead letter, too, which says why, and since when', async () => {
    const dead = { kind: 'dead', reason: 'the schedule is over' } as const
    const [letter, attempted] = owed({ outcome: dead })
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
    expect(await attemptIn(attempted)).toMatchObject({ outcome: 'dead', retryInMs: null })
    const [first] = owed({ outcome: dead, firstAttemptAt: null, said: { statusCode: null, error: 'connection refused' } })
    expect(first?.record.headers).toMatchObject({
      'x-error-message': 'the schedule is over; connection refused',
      'x-first-failed-at': String(NOW),
    })
  })

  it('[E7] that cannot be encoded the log gets nothing, said, and its dead letter all the same', () => {
    const encode = () => {
      throw new Error('no such field')
    }
    const owedOf = (outcome: AttemptOutcome) => owed({ outcome, encode }).map(({ topic }) => topic)
    expect(owedOf({ kind: 'dead', reason: 'over' })).toEqual(['wa.dead-letters'])
    expect(owedOf(retry)).toEqual([])
    expect(logger.lines.at(-1)).toMatchObject({
      event: 'webhooks.attempt-not-encodable',
      fields: { deliveryId: 'd', attempt: 4 },
    })
  })
})

describe('a record that no log takes as it is', () => {
  it('[E7] is, of an attempt, that attempt without what its receiver answered and what went wrong', async () => {
    const [one] = owed({ said: { error: 'x'.repeat(5000) } })
    if (one === undefined) throw new Error('nothing is owed')
    const shrunk = await shrinkOwed(codec, one.record, never)
    expect({ ...shrunk, value: null }).toEqual({ ...one.record, value: null })
    expect(await codec.decode(shrunk.value, never)).toEqual({ ...(await attemptIn(one)), response: null, error: null })
  })

  it('[E7] is, of anything else, its key and headers, which say where the whole is', async () => {
    const [letter] = owed({ outcome: { kind: 'dead', reason: 'over' } })
    if (letter === undefined) throw new Error('nothing is owed')
    expect(await shrinkOwed(codec, letter.record, never)).toEqual({ ...letter.record, value: null })
    const unreadable = { ...letter.record, headers: { 'event-type': 'delivery.attempted' }, value: Buffer.from('nonsense') }
    expect(await shrinkOwed(codec, unreadable, never)).toEqual({ ...unreadable, value: null })
  })
})
