// [B2] [E4] From a phone's message to its verified webhook, through everything: messages per second over all stages, and the latency at half
// that rate. Bare is the cheapest chain there can be, Baileys that posts at once: nothing is durable, nothing in order, nothing tried again.
import { registryAvailable } from '../infra/services/available.ts'
import { openRegistry } from '../infra/services/registry.ts'
import { openChild } from './child.ts'
import { openBroker } from './ground.ts'
import { openLinked } from './linked.ts'
import { type Bench, expectEqual, NotHere } from './measure.ts'
import type { Arrived, ReceiverCalls } from './receiver-process.ts'
import type { Line } from './whatsapp-process.ts'
import { epochMs } from './written-text.ts'

const sockets = 10
const contactsPerSocket = 5
const n = 2_000
const window = 50
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

    await flood(zaplogLines, n / 4)
    await flood(bareLines, n / 4)
    return async () => {
      const seconds = await flood(zaplogLines, n)
      await settled()
      const { p50Ms, p99Ms } = await pace(zaplogLines, n / seconds / 2)
      await settled()
      const bareSeconds = await flood(bareLines, n)
      const atThatRate = await pace(bareLines, n / seconds / 2)
      const more = { p50Ms, p99Ms, bareP50Ms: atThatRate.p50Ms, bareP99Ms: atThatRate.p99Ms }
      return { value: n / seconds, unit: 'messages/s', bare: n / bareSeconds, n, seconds, more }
    }
  }

async function openKafkaParts(closing: AsyncDisposableStack): Promise<Record<string, string>> {
  const missing = await registryAvailable()
  if (missing !== null) throw new NotHere(missing)
  const broker = await openBroker(closing)
  const registry = await openRegistry()
  closing.defer(registry.close)
  return { KAFKA_BROKERS: broker.brokers, SCHEMA_REGISTRY_URL: registry.url }
}
