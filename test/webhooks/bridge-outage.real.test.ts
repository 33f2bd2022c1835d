// After an outage, however long, an endpoint gets what it missed: at once, in order, each once in effect, and nothing was given up for it.
import { afterEach, describe, expect, it } from 'vitest'
import { wait } from '../../src/runtime/wait.ts'
import { getDelivery, listDeliveries } from '../../src/webhooks/bridge/queries.ts'
import { getEndpoint, patchEndpoint } from '../../src/webhooks/endpoints/endpoints.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf, sequences } from '../ground/webhooks/bridges.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines()
const { open, close } = bridgesOf(logger)
afterEach(close)

const hours = { retryDelaysMs: Array.from({ length: 12 }, () => 3_600_000) }
const chats = Array.from({ length: 30 }, (_, index) => `chat-${index}`)

/** Three deliveries of each chat wait for an hour: the receiver was away when they came. */
async function openOutage(name: string) {
  const bridge = await open(name)
  const state = { up: false }
  const receiver = await bridge.receiver(() => ({ status: state.up ? 200 : 500 }))
  const deliveries = [0, 1, 2].flatMap(() => chats.map(chat => bridge.delivery(receiver.id, chat)))
  await bridge.append(...deliveries)
  bridge.start(hours)
  await bridge.untilStates('all wait', states => states.length === 90 && states.every(state => state === 'waiting'))
  expect(receiver.attempts).toHaveLength(chats.length)

  async function expectAllInOrder(more = 0) {
    await until('all arrived', () => receiver.accepted().length === deliveries.length + more)
    for (const chat of chats) expect(sequences(receiver.acceptedOf(chat))).toEqual(sequencesOf(deliveries, chat))
    // One failed attempt of each chat's first, and every delivery once.
    expect(receiver.attempts).toHaveLength(chats.length + deliveries.length + more)
  }
  const sequencesOf = (of: typeof deliveries, chat: string) => of.filter(one => one.chatId === chat).map(one => one.sequence)
  return { bridge, receiver, state, expectAllInOrder }
}

describe('when an endpoint is back', () => {
  it('[E5] its first 2xx makes every waiting chat due, in order, none twice', async () => {
    const { bridge, receiver, state, expectAllInOrder } = await openOutage('outage ends')
    state.up = true
    await bridge.append(bridge.delivery(receiver.id, 'another chat'))
    await expectAllInOrder(1)
  })

  it('[E5] [H3] its first 2xx makes due also what waits for its first retry, which is counted until then', async () => {
    const bridge = await open('outage of seconds')
    let refused = 0
    const receiver = await bridge.receiver(() => ({ status: refused++ === 0 ? 500 : 200 }))
    await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    bridge.start({ retryDelaysMs: [59_000, 59_000] })
    const waitingNow = async () => (await getEndpoint(bridge.deps, receiver.id))?.waiting
    await until('it is counted', async () => (await waitingNow()) === 1)
    await bridge.append(bridge.delivery(receiver.id, 'chat-2'))
    await until('both arrived', () => receiver.accepted().length === 2)
    await until('nothing waits', async () => (await waitingNow()) === 0)
    expect(receiver.attempts).toHaveLength(3)
  })

  it('[E5] five minutes after the last try one waiting chat finds out, although nothing new comes and none is due', async () => {
    const { bridge, state, expectAllInOrder } = await openOutage('outage probed')
    state.up = true
    await bridge.database.query(
      `update webhook_endpoints set failing_since = now() - interval '10 hours', failed_at = now() - interval '5 minutes', probe_at = null`,
    )
    await expectAllInOrder()
  })

  it('[E5] disabling and enabling it makes every waiting chat due', async () => {
    const { bridge, receiver, state, expectAllInOrder } = await openOutage('outage enabled')
    state.up = true
    await patchEndpoint(bridge.deps, receiver.id, { enabled: false }, never)
    await patchEndpoint(bridge.deps, receiver.id, { enabled: true }, never)
    await expectAllInOrder()
  })

  it('[E5] where it takes one of three and answers 429 to the rest, nothing dies, however long it was away', async () => {
    const bridge = await open('outage overloaded')
    const state = { up: false, asked: 0 }
    const receiver = await bridge.receiver(() => {
      if (!state.up) return { status: 500 }
      state.asked++
      return { status: state.asked % 3 === 0 ? 200 : 429 }
    })
    const deliveries = chats.map(chat => bridge.delivery(receiver.id, chat))
    await bridge.append(...deliveries)
    const deadAfterMs = 300
    bridge.start({ retryDelaysMs: Array.from({ length: 12 }, () => 100), deadAfterMs })
    await until('away for longer than a delivery may be refused', async () => {
      const { data } = await listDeliveries(bridge.database, { limit: 200 })
      const since = data.map(one => Date.now() - Date.parse(one.firstAttemptAt ?? new Date().toISOString()))
      return since.length === chats.length && since.every(ms => ms > 2 * deadAfterMs)
    })
    state.up = true
    await bridge.untilStates('all delivered', states => states.every(state => state === 'delivered'))
    expect(await bridge.database.query('select from webhook_deaths')).toEqual([])
    expect(await bridge.records('dead-letters')).toEqual([])
  })

  it('[E5] its chats are tried one at a time while it is failing, and the first failure of a chat at once', async () => {
    const bridge = await open('outage herd')
    const busy = { now: 0, most: 0 }
    const receiver = await bridge.receiver(async () => {
      busy.now++
      busy.most = Math.max(busy.most, busy.now)
      await wait(5, never)
      busy.now--
      return { status: 500 }
    })
    await bridge.append(...chats.map(chat => bridge.delivery(receiver.id, chat)))
    bridge.start(hours)
    await bridge.untilStates('all wait', states => states.length === chats.length && states.every(one => one === 'waiting'))
    busy.most = 0
    await bridge.database.query(`update webhook_endpoints set probe_at = now(), failing_since = now()`)
    await bridge.dueNow()
    await until('some were tried', () => receiver.attempts.length >= chats.length + 2)
    expect(busy.most).toBe(1)
    const fresh = bridge.delivery(receiver.id, 'another chat')
    await bridge.append(fresh)
    await until(
      'the fresh one was tried',
      async () => (await getDelivery(bridge.database, fresh.deliveryId))?.attempts.length === 1,
    )
    expect(receiver.attempts.length).toBeLessThan(2 * chats.length)
  })
})

describe('what the log says of an endpoint', () => {
  const said = () => logger.lines.filter(line => line.event.startsWith('endpoint.'))

  it('[H3] [E14] that it began to fail and why, once for the whole outage, and that it is back', async () => {
    const before = said().length
    const { bridge, receiver, state, expectAllInOrder } = await openOutage('outage said')
    const lines = () => said().slice(before)
    expect(lines()).toEqual([
      { level: 'warn', event: 'endpoint.failing', fields: { endpointId: receiver.id, error: 'the receiver answered 500' } },
    ])
    state.up = true
    await bridge.append(bridge.delivery(receiver.id, 'another chat'))
    await expectAllInOrder(1)
    expect(lines().slice(1)).toMatchObject([
      { level: 'info', event: 'endpoint.recovered', fields: { endpointId: receiver.id, failedForMs: expect.any(Number) } },
    ])
  })

  const lessPlease = { status: 429, headers: { 'retry-after': '1' } }

  it.each([
    ['429', { status: 429 }],
    ['429 with Retry-After', lessPlease],
    ['503 with Retry-After', { ...lessPlease, status: 503 }],
  ])('[H3] [E5] nothing of one that only asks to be sent less, by %s, and takes what it is sent then', async (what, answer) => {
    const before = said().length
    const bridge = await open(`less said ${what}`)
    const state = { up: false }
    const receiver = await bridge.receiver(() => (state.up ? { status: 200 } : answer))
    await bridge.append(bridge.delivery(receiver.id, 'chat'))
    bridge.start({ retryDelaysMs: [20] })
    await until('it was asked some times', () => receiver.attempts.length > 3)
    await bridge.database.query(`update webhook_deliveries set first_attempt_at = now() - interval '10 minutes'`)
    state.up = true
    await bridge.untilStates('it is delivered', states => states.length === 1 && states[0] === 'delivered')
    expect(said().slice(before)).toEqual([])
    const [standing] = await bridge.database.query('select failing_since, recovered_at from webhook_endpoints')
    expect(standing).toEqual({ failing_since: null, recovered_at: null })
  })

  it('[H3] [E5] that it failed and is back, also where it asked to be sent less before and after', async () => {
    const before = said().length
    const bridge = await open('less and failing said')
    const answers = [lessPlease, { status: 500 }, { status: 500 }, lessPlease]
    const receiver = await bridge.receiver(({ copy }) => answers[copy - 1] ?? { status: 200 })
    await bridge.append(bridge.delivery(receiver.id, 'chat'))
    bridge.start({ retryDelaysMs: [20] })
    await bridge.untilStates('it is delivered', states => states.length === 1 && states[0] === 'delivered')
    expect(said().slice(before)).toMatchObject([
      { level: 'warn', event: 'endpoint.failing', fields: { error: 'the receiver answered 500' } },
      { level: 'info', event: 'endpoint.recovered', fields: { failedForMs: expect.any(Number) } },
    ])
  })

  it('[H3] [E5] that its receiver disabled it, and why', async () => {
    const before = said().length
    const bridge = await open('disabled said')
    const receiver = await bridge.receiver(() => ({ status: 410 }))
    await bridge.append(bridge.delivery(receiver.id, 'chat'))
    bridge.start()
    await bridge.untilWaiting(1)
    expect(said().slice(before)).toEqual([
      {
        level: 'warn',
        event: 'endpoint.disabled',
        fields: { endpointId: receiver.id, reason: 'the receiver answered 410 Gone' },
      },
    ])
  })
})
