// Guarantee: a listener's deliveries are those of any endpoint, with order, signature, retries and outcomes, taken from a mailbox instead
// of posted; it ends when it is closed or silent for 60 s by the database's clock, and what it was still owed is dropped and counted.
import { Webhook } from 'standardwebhooks'
import { afterEach, expect, test } from 'vitest'
import { getDelivery } from '../../src/webhooks/bridge/queries.ts'
import { closeListener, getListener, openListener } from '../../src/webhooks/endpoints/listeners.ts'
import {
  answerFromMailbox,
  type Handed,
  layInMailbox,
  lookIntoMailbox,
  type MailboxAnswer,
} from '../../src/webhooks/endpoints/mailbox.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines()
const bridges = bridgesOf(logger)
afterEach(bridges.close)

async function open(name: string) {
  const bridge = await bridges.open(name)
  const deps = { ...bridge.deps, logger }
  const listener = await openListener(deps, { snapshots: false, name: 'ana@laptop' }, never)
  if (listener === null) throw new Error('no listener')
  const { id, secret } = listener
  let after = 0
  return {
    ...bridge,
    id,
    secret,
    listenerDeps: deps,
    take: () =>
      until('a delivery in the mailbox', async () => {
        const mailbox = await lookIntoMailbox(bridge.database, { id, after })
        const [first] = mailbox?.deliveries ?? []
        after = first?.place ?? after
        return first ?? null
      }),
    look: () => lookIntoMailbox(bridge.database, { id, after: 0 }),
    answer: (one: Handed, answer: MailboxAnswer) =>
      answerFromMailbox(bridge.database, { id, deliveryId: one.id, attempt: one.attempt, answer }),
    silence: (seconds: number) =>
      bridge.database.query(`update webhook_listeners set seen_at = now() - $1 * interval '1 second'`, [seconds]),
  }
}
const endOf = (id: string) =>
  logger.lines.find(({ event, fields }) => event === 'listener.ended' && fields.endpointId === id)?.fields
const sequenceOf = (one: Handed): number => JSON.parse(one.body).data.sequence

test('[E1] [B2] deliveries come signed and in order of their chat, each after the answer to the one before', async () => {
  const bridge = await open('listeners-order')
  bridge.start()
  const deliveries = [1, 2, 3].map(() => bridge.delivery(bridge.id, 'c1@lid'))
  await bridge.append(...deliveries)
  const seen: number[] = []
  for (const delivery of deliveries) {
    const handed = await bridge.take()
    expect((await bridge.look())?.deliveries).toHaveLength(1)
    expect(handed.id).toBe(delivery.deliveryId)
    new Webhook(bridge.secret).verify(handed.body, handed.headers)
    expect(handed.headers).toMatchObject({ 'webhook-id': handed.id, 'zaplog-attempt': '1', 'content-type': 'application/json' })
    seen.push(sequenceOf(handed))
    expect(await bridge.answer(handed, { statusCode: 204 })).toBe('taken')
  }
  await bridge.untilStates('all delivered', states => states.every(state => state === 'delivered'))
  expect(seen).toEqual([1, 2, 3])
})

test('[E5] what the listener answers is what a receiver would have answered: 500 and no answer at all are sent again, in order', async () => {
  const bridge = await open('listeners-retry')
  bridge.start({ attemptTimeoutMs: 300 })
  const [first, second] = [bridge.delivery(bridge.id, 'c1@lid'), bridge.delivery(bridge.id, 'c1@lid')]
  await bridge.append(first, second)
  const refused = await bridge.take()
  await bridge.answer(refused, { statusCode: 500, response: 'no' })
  const unanswered = await bridge.take()
  expect([unanswered.id, unanswered.attempt, unanswered.headers['zaplog-attempt']]).toEqual([first.deliveryId, 2, '2'])
  const unreachable = await bridge.take()
  expect([unreachable.id, unreachable.attempt]).toEqual([first.deliveryId, 3])
  expect(await bridge.answer(unanswered, { statusCode: 200 })).toBe('late')
  await bridge.answer(unreachable, { error: 'connection refused' })
  const taken = await bridge.take()
  await bridge.answer(taken, { statusCode: 200 })
  const next = await bridge.take()
  expect(next.id).toBe(second.deliveryId)
  await bridge.answer(next, { statusCode: 200 })
  await bridge.untilStates('all delivered', states => states.every(state => state === 'delivered'))
  const { attempts = [] } = (await getDelivery(bridge.database, first.deliveryId)) ?? {}
  expect(attempts.map(one => one.statusCode ?? one.error)).toEqual([
    500,
    'handing it to the listener: no answer within the deadline',
    'the listener: connection refused',
    200,
  ])
  expect(attempts[0]?.response).toBe('no')
})

test('[E1] a listener that ends drops what it was owed, in whatever state, and says how much; nothing of it is handed out any more', async () => {
  const bridge = await open('listeners-close')
  bridge.start()
  await bridge.append(
    bridge.delivery(bridge.id, 'c1@lid'),
    bridge.delivery(bridge.id, 'c1@lid'),
    bridge.delivery(bridge.id, 'c2@lid'),
  )
  const done = await bridge.take()
  await bridge.answer(done, { statusCode: 200 })
  await bridge.untilStates('one delivered', states => states.includes('delivered'))
  expect(await closeListener(bridge.listenerDeps, bridge.id, never)).toEqual({ dropped: 2 })
  expect(await closeListener(bridge.listenerDeps, bridge.id, never)).toBe(null)
  expect(await bridge.look()).toBe(null)
  expect(await bridge.database.query('select from webhook_mailbox')).toEqual([])
  expect(await bridge.database.query('select from webhook_secrets')).toEqual([])
  expect(endOf(bridge.id)).toMatchObject({ name: 'ana@laptop', why: 'closed', dropped: 2 })
})

test('[E1] 60 s after its last sign of life a listener is gone, whoever was killed meanwhile; before that it goes on', async () => {
  const bridge = await open('listeners-silent')
  await bridge.silence(55)
  expect(await bridge.look()).not.toBe(null)
  await bridge.append(bridge.delivery(bridge.id, 'c1@lid'))
  await bridge.silence(61)
  expect(await bridge.look()).toBe(null)
  expect(await getListener(bridge.database, bridge.id)).toBe(null)
  bridge.start()
  await until('it to be removed', async () => (await bridge.database.query('select from webhook_listeners')).length === 0)
  await bridge.untilStates('what it was owed to be discarded', states => states.every(state => state === 'discarded'))
  expect(endOf(bridge.id)).toMatchObject({ why: 'silent', dropped: 1 })
})

test('[H6] an answer outlives the bridge that waited for it: the attempt that is repeated finds it, and nothing is handed out again', async () => {
  const bridge = await open('listeners-killed')
  const delivery = bridge.delivery(bridge.id, 'c1@lid')
  await bridge.append(delivery)
  // By a bridge that is killed before it looks again.
  await layInMailbox(bridge.database, { ...delivery, attempt: 1, headers: {}, timeoutMs: 60_000 }, never)
  await bridge.answer(await bridge.take(), { statusCode: 200 })
  bridge.start()
  await bridge.untilStates('it to be delivered', states => states.join() === 'delivered')
  expect((await bridge.look())?.deliveries).toEqual([])
  expect(await getDelivery(bridge.database, delivery.deliveryId)).toMatchObject({ state: 'delivered', statusCode: 200 })
})

test('[E5] who comes back within the 60 s gets what failed meanwhile at once, in order, without a gap', async () => {
  const bridge = await open('listeners-back')
  bridge.start({ attemptTimeoutMs: 200, retryDelaysMs: [20, 3_600_000, 3_600_000] })
  const deliveries = [bridge.delivery(bridge.id, 'c1@lid'), bridge.delivery(bridge.id, 'c1@lid')]
  await bridge.append(...deliveries)
  await bridge.untilWaiting(2)
  await bridge.silence(30)
  const seen: string[] = []
  while (seen.length < 2) {
    const handed = await bridge.take()
    if ((await bridge.answer(handed, { statusCode: 200 })) === 'taken') seen.push(handed.id)
  }
  expect(seen).toEqual(deliveries.map(one => one.deliveryId))
  await bridge.untilStates('all delivered', states => states.every(state => state === 'delivered'))
})

test('[E3] a listener that answers nothing keeps no other endpoint waiting', async () => {
  const bridge = await open('listeners-slow')
  const { accepted, id } = await bridge.receiver()
  bridge.start({ maxInFlight: 4, maxInFlightPerEndpoint: 2, attemptTimeoutMs: 60_000 })
  const silent = Array.from({ length: 8 }, (_, chat) => bridge.delivery(bridge.id, `c${chat}@lid`))
  await bridge.append(...silent, bridge.delivery(id, 'c1@lid'))
  await until('the other endpoint to get its own', () => accepted().length === 1)
  await closeListener(bridge.listenerDeps, bridge.id, never)
})

test('[E5] an answer whose wake was lost is found before the deadline counts', async () => {
  const bridge = await open('listeners-wake-lost')
  const delivery = bridge.delivery(bridge.id, 'c1@lid')
  bridge.start({ attemptTimeoutMs: 900 })
  await bridge.append(delivery)
  const handed = await bridge.take()
  // As it stands where nobody was told: the next look by itself comes after the deadline.
  await bridge.database.query(`update webhook_mailbox set answer = '{"statusCode": 204}'::jsonb where delivery_id = $1`, [
    handed.id,
  ])
  await bridge.untilStates('it to be delivered', states => states.join() === 'delivered')
  expect(await getDelivery(bridge.database, delivery.deliveryId)).toMatchObject({ attempts: [{ attempt: 1, statusCode: 204 }] })
})

test('[H6] a bridge that stops before there is an answer leaves nothing on record, and the next one finds the answer', async () => {
  const bridge = await open('listeners-stop')
  const delivery = bridge.delivery(bridge.id, 'c1@lid')
  await bridge.append(delivery)
  const first = bridge.start({ attemptTimeoutMs: 60_000 })
  const handed = await bridge.take()
  await first.close()
  expect(await bridge.database.query('select from webhook_attempts')).toEqual([])
  expect(await bridge.database.query('select from webhook_endpoints where failing_since is not null')).toEqual([])
  expect(await bridge.answer(handed, { statusCode: 204 })).toBe('taken')
  bridge.start()
  await bridge.untilStates('it to be delivered', states => states.join() === 'delivered')
  expect(await getDelivery(bridge.database, delivery.deliveryId)).toMatchObject({ attempts: [{ attempt: 1, statusCode: 204 }] })
})

test('[A7] [E14] what was on its way to a listener when its instance was purged does not make the listener fail', async () => {
  const bridge = await open('listeners-purged')
  bridge.start({ attemptTimeoutMs: 300 })
  const delivery = bridge.delivery(bridge.id, 'c1@lid')
  await bridge.append(delivery)
  await bridge.take()
  await bridge.database.query(`insert into instance_ids (instance_id, request_id, name) values ('shop', 'r', '')`)
  await bridge.database.query(`insert into purges (instance_id, request_id, requested_by) values ('shop', 'r', 'test')`)
  await bridge.database.query('delete from webhook_mailbox')
  await until('its attempt to be over', () =>
    logger.lines.some(({ event, fields }) => event === 'delivery.attempted' && fields.deliveryId === delivery.deliveryId),
  )
  const ofIt = logger.lines.filter(({ event, fields }) => event === 'endpoint.failing' && fields.endpointId === bridge.id)
  expect(ofIt).toEqual([])
  expect(await bridge.database.query('select from webhook_endpoints where failing_since is not null')).toEqual([])
})
