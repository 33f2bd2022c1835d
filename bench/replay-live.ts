// [G1] From a live message to its webhook over Kafka at 100 messages a second while a replay copies records of 1 KiB as fast as it may, against the
// same alone, in turns. What it copies nobody else reads, so that what differs is what the replay takes. 2 is the bound, and 500 records a second
// what it copies at least, in each second: how many seconds had less is said.
import { openKafkaLog } from '../src/log/kafka/kafka.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { wait } from '../src/runtime/wait.ts'
import { until } from '../test/ground/until.ts'
import { openChild } from './child.ts'
import { logger, never, openKafkaParts, topic } from './ground.ts'
import { openLinked } from './linked.ts'
import { type Bench, expectEqual, mean, quantile } from './measure.ts'
import type { ReceiverCalls } from './receiver-process.ts'
import { someRecords } from './records.ts'
import { createMeter } from './usage.ts'
import type { Zaplog } from './zaplog.ts'

const sockets = 10
const messagesPerSecond = 100
const blockSeconds = 5
const slices = 4
/** In the topic that is copied: more than it copies in a slice. */
const filled = 300_000
const source = 'dead-letters'
/** The highest that a replay takes. */
const rate = 100_000
const least = 500

export const replayLive: Bench = async closing => {
  const receiver = openChild<ReceiverCalls>(closing, './receiver-process.ts')
  const env = await openKafkaParts(closing)
  const { whatsapp, zaplog, zaplogLines, settled } = await openLinked(closing, { sockets, contactsPerSocket: 5, env })
  const url = await receiver.url()
  const made = await zaplog.ask('POST', '/v1/endpoints', { url: `${url}0`, eventTypes: ['message.received'] })
  await receiver.configure({ secrets: [String(made.secret)], delayMs: 0 })
  await fill(String(env.KAFKA_BROKERS))

  async function block(): Promise<readonly number[]> {
    const n = messagesPerSecond * blockSeconds
    const arrived = receiver.arrived({ n })
    await whatsapp.pace({ lines: zaplogLines, n, perSecond: messagesPerSecond })
    const { latenciesMs, copies, outOfOrder } = await arrived
    expectEqual('copies', copies, 0)
    expectEqual('webhooks out of order', outOfOrder, 0)
    return latenciesMs
  }
  await block()

  let names = 0
  return async () => {
    const meter = createMeter(zaplog.statements)
    const [ours, bare]: [number[], number[]] = [[], []]
    const [ratios, rates]: [number[], number[]] = [[], []]
    const startedAt = performance.now()
    for (let nth = 0; nth < slices; nth++) {
      await settled()
      const alone = await meter.during('bare', block)
      await settled()
      const beside = await meter.during('ours', async () => besideReplay(zaplog, `live-${++names}`, block))
      ours.push(...beside.latencies)
      rates.push(...beside.rates)
      bare.push(...alone)
      ratios.push(quantile(beside.latencies, 0.99) / quantile(alone, 0.99))
    }
    const seconds = (performance.now() - startedAt) / 1000
    const more = {
      ...{ perSecond: mean(rates), leastPerSecond: Math.min(...rates) },
      ...{ secondsWatched: rates.length, secondsBelow500: rates.filter(one => one < least).length },
      ...{ p50Ms: quantile(ours, 0.5), bareP50Ms: quantile(bare, 0.5) },
    }
    const usage = meter.usage(ours.length, bare.length)
    return { value: quantile(ours, 0.99), unit: 'ms', bare: quantile(bare, 0.99), n: ours.length, seconds, ratios, usage, more }
  }
}

async function fill(brokers: string): Promise<void> {
  const metrics = createMetrics({ processMetrics: false })
  const log = openKafkaLog({ brokers: [brokers], clientId: 'bench', logger, metrics })
  try {
    const records = await someRecords(4_000, { instances: 500, chatsPerInstance: 8 })
    for (let sent = 0; sent < filled; sent += records.length) await log.append({ topic: topic(source), records }, never)
  } finally {
    await log.close()
  }
}

type Beside = { latencies: readonly number[]; rates: readonly number[] }

/** Once it copies. `rates`: records a second, of each second of the block but the first. */
async function besideReplay(zaplog: Zaplog, name: string, block: () => Promise<readonly number[]>): Promise<Beside> {
  const { id } = await zaplog.ask('POST', '/v1/replays', { name, from: 'beginning', topics: [source], rate })
  await until('the replay to have begun', async () => Number((await zaplog.ask('GET', `/v1/replays/${id}`)).read) > 0)
  const over = new AbortController()
  const [latencies, rates] = await Promise.all([block().finally(() => over.abort()), watchRates(zaplog, String(id), over.signal)])
  if (rates.length === 0) throw new Error('watching a replay: the block was over before a second of it was seen')
  await zaplog.ask('DELETE', `/v1/replays/${id}`)
  await until('nothing of it to be copied any more', () => isStill(zaplog))
  return { latencies, rates }
}

/** It hears of its end within a second: what is measured next is measured alone. */
async function isStill(zaplog: Zaplog): Promise<boolean> {
  const copied = () => zaplog.metric('zaplog_replay_records_total')
  const before = await copied()
  await wait(2 * LOOK_EVERY_MS, never)
  return (await copied()) === before
}

const LOOK_EVERY_MS = 1_000

async function watchRates(zaplog: Zaplog, id: string, signal: AbortSignal): Promise<readonly number[]> {
  const rates: number[] = []
  for (let seen = { at: 0, read: 0 }; await wait(LOOK_EVERY_MS, signal); ) {
    const { state, read } = await zaplog.ask('GET', `/v1/replays/${id}`)
    if (state !== 'running') throw new Error(`watching a replay: it is ${state} before the block has ended`)
    const at = performance.now()
    if (seen.at > 0) rates.push(((Number(read) - seen.read) / (at - seen.at)) * 1000)
    seen = { at, read: Number(read) }
  }
  return rates
}
