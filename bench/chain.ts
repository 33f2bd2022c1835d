// [B2] [E4] From a phone's message to its verified webhook, through everything: messages per second over all stages, and the latency where they
// come at a fixed rate: `p50Ms@200` is that of 200 a second. A rate of which the machine can less than the double is left out, and half of
// what it can is there instead (`@half`). Bare is the cheapest chain there can be, Baileys that posts at once: nothing is durable, nothing in
// order, nothing tried again.
import { alternate } from './alternate.ts'
import { openChild } from './child.ts'
import type { Line } from './conversations.ts'
import { openKafkaParts } from './ground.ts'
import { openLinked } from './linked.ts'
import { type Bench, expectEqual } from './measure.ts'
import type { Arrived, ReceiverCalls } from './receiver-process.ts'
import { epochMs } from './written-text.ts'

const sockets = 10
const contactsPerSocket = 5
const n = 2_000
const window = 50
const feeds = [50, 200, 500]
const pacedSeconds = 4

export const chain =
  (log: 'embedded' | 'kafka'): Bench =>
  async closing => {
    const receiver = openChild<ReceiverCalls>(closing, './receiver-process.ts')
    const env = log === 'kafka' ? await openKafkaParts(closing) : {}
    const { whatsapp, zaplog, bare, zaplogLines, bareLines, settled } = await openLinked(closing, {
      sockets,
      contactsPerSocket,
      env,
    })
    const url = `${await receiver.url()}0`
    const { secret } = await zaplog.ask('POST', '/v1/endpoints', { url, eventTypes: ['message.received'] })
    await receiver.configure({ secrets: [String(secret)], delayMs: 0 })
    await bare.postTo({ url, secret: String(secret) })

    /** As fast as they are acknowledged, until the last webhook is answered; in seconds. */
    const flood = async (lines: readonly Line[], count: number): Promise<number> => {
      const arrived = receiver.arrived({ n: count })
      const startedAt = epochMs()
      await whatsapp.deliver({ lines, n: count, window })
      return (checked(lines, await arrived).lastAt - startedAt) / 1000
    }
    const pace = async (lines: readonly Line[], perSecond: number): Promise<Arrived> => {
      const count = Math.round(perSecond * pacedSeconds)
      const arrived = receiver.arrived({ n: count })
      await whatsapp.pace({ lines, n: count, perSecond })
      return checked(lines, await arrived)
    }
    /** The bare chain promises no order. */
    const checked = (lines: readonly Line[], arrived: Arrived): Arrived => {
      expectEqual('copies', arrived.copies, 0)
      if (lines === zaplogLines) expectEqual('webhooks out of order', arrived.outOfOrder, 0)
      return arrived
    }

    /** At each rate zaplog's, then bare's. */
    const latencies = async (possible: number): Promise<Record<string, number>> => {
      const seen: Record<string, number> = {}
      for (const { name, perSecond } of feedsBelow(possible / 2)) {
        const ours = await pace(zaplogLines, perSecond)
        await settled()
        const theirs = await pace(bareLines, perSecond)
        seen[`p50Ms@${name}`] = ours.p50Ms
        seen[`p99Ms@${name}`] = ours.p99Ms
        seen[`bareP50Ms@${name}`] = theirs.p50Ms
        seen[`bareP99Ms@${name}`] = theirs.p99Ms
      }
      return seen
    }

    await flood(zaplogLines, n / 4)
    await flood(bareLines, n / 4)
    return async () => {
      await settled()
      const rates = await alternate({
        n,
        statements: zaplog.statements,
        ours: count => flood(zaplogLines, count),
        settled,
        bare: count => flood(bareLines, count),
      })
      return { ...rates, unit: 'messages/s', more: await latencies(rates.value) }
    }
  }

function feedsBelow(most: number): readonly { name: string; perSecond: number }[] {
  const within = feeds.filter(perSecond => perSecond <= most).map(perSecond => ({ name: String(perSecond), perSecond }))
  return within.length === feeds.length ? within : [...within, { name: 'half', perSecond: Math.floor(most) }]
}
