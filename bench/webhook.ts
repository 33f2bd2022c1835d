// [E3] Deliveries per second to receivers that take 250 ms, in order per chat, from a backlog in the log on; against undici posting the same
// bodies with as many at once, in no order. The bridge is alone in zaplog's process: its deliveries were released before.
import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { Agent, request } from 'undici'
import { alternate } from './alternate.ts'
import { openChild } from './child.ts'
import { openGround } from './ground.ts'
import { type Bench, expectEqual } from './measure.ts'
import type { Arrived, ReceiverCalls } from './receiver-process.ts'
import { openReleases, type Released } from './releases.ts'
import { openZaplog } from './zaplog.ts'

/** `inFlight`: to one endpoint at once; null is zaplog's default, 10. */
type Shape = { endpoints: number; n: number; inFlight: number | null }
const DEFAULT_IN_FLIGHT = 10
const receiverDelayMs = 250

export const webhook =
  ({ endpoints, n, inFlight }: Shape): Bench =>
  async closing => {
    const ground = await openGround(closing)
    const receiver = openChild<ReceiverCalls>(closing, './receiver-process.ts')
    const url = await receiver.url()
    const encryptionKey = randomBytes(32)
    const releases = await openReleases(closing, ground, { encryptionKey, url, endpoints })
    await receiver.configure({ secrets: releases.secrets, delayMs: receiverDelayMs })
    const atOnce = endpoints * (inFlight ?? DEFAULT_IN_FLIGHT)
    const env = {
      ROLES: 'webhooks',
      DATABASE_URL: ground.url,
      ENCRYPTION_KEY: encryptionKey.toString('base64'),
      ...(inFlight !== null && {
        WEBHOOK_MAX_IN_FLIGHT: String(atOnce),
        WEBHOOK_MAX_IN_FLIGHT_PER_ENDPOINT: String(inFlight),
      }),
    }
    let slice: Slice | null = null
    const begin = async (count: number) => {
      const released = await releases.release(count)
      const arrived = receiver.arrived({ n: count })
      const running = closing.use(new AsyncDisposableStack())
      await openZaplog(running, env)
      slice = { released, arrived, running }
    }
    const begun = (): Slice => {
      if (slice === null) throw new Error('benching webhooks: expected a slice that has begun')
      return slice
    }
    return async () => {
      const rates = await alternate({
        n,
        slices: 2,
        statements: ground.statements,
        before: begin,
        ours: async () => {
          const { copies, outOfOrder, seconds } = await begun().arrived
          expectEqual('copies', copies, 0)
          expectEqual('webhooks out of order', outOfOrder, 0)
          return seconds
        },
        between: () => begun().running.disposeAsync(),
        bare: async count => {
          const arrived = receiver.arrived({ n: count })
          await postAll(begun().released, { url, secrets: releases.secrets, atOnce })
          return (await arrived).seconds
        },
      })
      return { ...rates, unit: 'deliveries/s' }
    }
  }

/** What zaplog has to deliver, and zaplog at it: its start is not measured. */
type Slice = { released: readonly Released[]; arrived: Promise<Arrived>; running: AsyncDisposableStack }

type Target = { url: string; secrets: readonly string[]; atOnce: number }

/** The best undici can do: nothing is looked up, written down or put in order. */
async function postAll(released: readonly Released[], { url, secrets, atOnce }: Target): Promise<void> {
  const dispatcher = new Agent({ connections: atOnce, pipelining: 1 })
  const signers = secrets.map(secret => new Webhook(secret))
  let next = 0
  const post = async () => {
    for (let one = released[next++]; one !== undefined; one = released[next++]) {
      const now = new Date()
      const answer = await request(`${url}${one.endpoint}`, {
        dispatcher,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': one.deliveryId,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
          'webhook-signature': signers[one.endpoint]?.sign(one.deliveryId, now, one.body),
        },
        body: one.body,
      })
      await answer.body.dump()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, post))
  await dispatcher.close()
}
