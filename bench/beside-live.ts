// From a live message to its webhook over Kafka at 100 messages a second while something else is at work as fast as it may, against the same alone,
// in turns. 2 is the bound, and 500 records a second what that takes in at least, in each second: how many
// seconds had less is said.
import { openKafkaLog } from '../src/log/kafka/kafka.ts'
import type { EventLog } from '../src/log/log.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { wait } from '../src/runtime/wait.ts'
import { openChild } from './child.ts'
import { logger, never, openKafkaParts } from './ground.ts'
import { openLinked } from './linked.ts'
import { liveBlock } from './live-block.ts'
import { type Bench, mean, quantile } from './measure.ts'
import type { ReceiverCalls } from './receiver-process.ts'
import { createMeter } from './usage.ts'
import type { Zaplog } from './zaplog.ts'

const sockets = 10
const messagesPerSecond = 100
const blockSeconds = 5
const slices = 4
const LOOK_EVERY_MS = 1_000
/** A second. */
const LEAST = 500

/** What is at work beside live messages. */
export type AtWork = {
  /** Records that it has taken in. Rejects once it is not at work any more. */
  read(): Promise<number>
  /** Resolves when nothing of it is at work: what is measured next is measured alone. */
  end(): Promise<void>
}
type Of = {
  /** Before anybody wants webhooks: what is to be worked on. Answers how many records of that zaplog projects. */
  fill(log: EventLog, registryUrl: string): Promise<number>
  /** Once it is at work. */
  begin(zaplog: Zaplog): Promise<AtWork>
}

export const besideLive =
  ({ fill, begin }: Of): Bench =>
  async closing => {
    const receiver = openChild<ReceiverCalls>(closing, './receiver-process.ts')
    const env = await openKafkaParts(closing)
    const { whatsapp, zaplog, zaplogLines, settled } = await openLinked(closing, { sockets, contactsPerSocket: 5, env })
    const filled = await overLog(env, fill)
    await settled(filled)
    const url = await receiver.url()
    const made = await zaplog.ask('POST', '/v1/endpoints', { url: `${url}0`, eventTypes: ['message.received'] })
    await receiver.configure({ secrets: [String(made.secret)], delayMs: 0 })

    const block = () => liveBlock({ receiver, whatsapp, lines: zaplogLines, perSecond: messagesPerSecond, seconds: blockSeconds })
    await block()

    return async () => {
      const meter = createMeter(zaplog.statements)
      const [ours, bare]: [number[], number[]] = [[], []]
      const [ratios, rates]: [number[], number[]] = [[], []]
      const startedAt = performance.now()
      for (let nth = 0; nth < slices; nth++) {
        await settled(filled)
        const alone = await meter.during('bare', block)
        await settled(filled)
        const beside = await meter.during('ours', async () => during(await begin(zaplog), block))
        ours.push(...beside.latencies)
        rates.push(...beside.rates)
        bare.push(...alone)
        ratios.push(quantile(beside.latencies, 0.99) / quantile(alone, 0.99))
      }
      const seconds = (performance.now() - startedAt) / 1000
      const more = {
        ...{ perSecond: mean(rates), leastPerSecond: Math.min(...rates) },
        ...{ secondsWatched: rates.length, secondsBelow500: rates.filter(one => one < LEAST).length },
        ...{ p50Ms: quantile(ours, 0.5), bareP50Ms: quantile(bare, 0.5) },
      }
      const usage = meter.usage(ours.length, bare.length)
      return { value: quantile(ours, 0.99), unit: 'ms', bare: quantile(bare, 0.99), n: ours.length, seconds, ratios, usage, more }
    }
  }

async function overLog(env: Readonly<Record<string, string>>, fill: Of['fill']): Promise<number> {
  const brokers = String(env.KAFKA_BROKERS)
  const metrics = createMetrics({ processMetrics: false })
  const log = openKafkaLog({ brokers: [brokers], clientId: 'bench', logger, metrics })
  try {
    return await fill(log, String(env.SCHEMA_REGISTRY_URL))
  } finally {
    await log.close()
  }
}

type Beside = { latencies: readonly number[]; rates: readonly number[] }

/** `rates`: records a second, of each second of the block but the first. */
async function during(atWork: AtWork, block: () => Promise<readonly number[]>): Promise<Beside> {
  const over = new AbortController()
  const [latencies, rates] = await Promise.all([block().finally(() => over.abort()), watchRates(atWork, over.signal)])
  if (rates.length === 0) throw new Error('watching what is beside: the block was over before a second of it was seen')
  await atWork.end()
  return { latencies, rates }
}

async function watchRates({ read }: AtWork, signal: AbortSignal): Promise<readonly number[]> {
  const rates: number[] = []
  for (let seen = { at: 0, read: 0 }; await wait(LOOK_EVERY_MS, signal); ) {
    const now = await read()
    const at = performance.now()
    if (seen.at > 0) rates.push(((now - seen.read) / (at - seen.at)) * 1000)
    seen = { at, read: now }
  }
  return rates
}

/** The sum of a counter stays what it is for two looks. */
export async function isStill(zaplog: Zaplog, counter: string): Promise<boolean> {
  const before = await zaplog.metric(counter)
  await wait(2 * LOOK_EVERY_MS, never)
  return (await zaplog.metric(counter)) === before
}
