// [B6] From a live message to its webhook at 100 messages a second while the phone's history is worked off, against the same alone, in turns.
// The history is made before the clock starts, so that what differs is what zaplog takes for it. Counted is what was sent while there was
// history left to do.
import { openChild } from './child.ts'
import { openLinked } from './linked.ts'
import { liveBlock } from './live-block.ts'
import { type Bench, quantile } from './measure.ts'
import type { ReceiverCalls } from './receiver-process.ts'
import { createMeter, type Meter } from './usage.ts'

const sockets = 10
const messagesPerSecond = 100
const blockSeconds = 5
const slices = 4

/** `messages`: of history, in all. */
export const history =
  ({ messages }: { messages: number }): Bench =>
  async closing => {
    const receiver = openChild<ReceiverCalls>(closing, './receiver-process.ts')
    const options = { sockets, contactsPerSocket: 5, settings: { historySync: true } }
    const { whatsapp, zaplog, zaplogLines, settled } = await openLinked(closing, options)
    const [line = { jid: '', contacts: [] }] = zaplogLines
    const url = await receiver.url()
    const made = await zaplog.ask('POST', '/v1/endpoints', { url: `${url}0`, eventTypes: ['message.received'] })
    await receiver.configure({ secrets: [String(made.secret)], delayMs: 0 })

    const block = () => liveBlock({ receiver, whatsapp, lines: zaplogLines, perSecond: messagesPerSecond, seconds: blockSeconds })
    /** Messages, so far. */
    async function doneOfHistory(): Promise<number> {
      const { state, messages: done } = await zaplog.ask('GET', '/v1/instances/bench-0/history')
      if (state === 'failed') throw new Error('working a history off: zaplog says that a part of it failed')
      return Number(done)
    }

    /** Blocks until there is none left, but for the last, in which it ended. */
    async function beside(expected: number): Promise<readonly number[]> {
      const latencies: number[] = []
      for (;;) {
        const ofBlock = await block()
        if ((await doneOfHistory()) >= expected) return latencies.length > 0 ? latencies : ofBlock
        latencies.push(...ofBlock)
      }
    }

    async function slice(meter: Meter, nth: number) {
      await whatsapp.prepareHistory({ line, messages: messages / slices, seed: `slice ${nth}` })
      await settled()
      const bare = await meter.during('bare', block)
      const expected = (await doneOfHistory()) + messages / slices
      await whatsapp.tellHistory({ line })
      const ours = await meter.during('ours', () => beside(expected))
      return { ours, bare }
    }

    return async () => {
      const meter = createMeter(zaplog.statements)
      const [ours, bare]: [number[], number[]] = [[], []]
      const ratios: number[] = []
      const startedAt = performance.now()
      for (let nth = 0; nth < slices; nth++) {
        const latencies = await slice(meter, nth)
        ours.push(...latencies.ours)
        bare.push(...latencies.bare)
        ratios.push(quantile(latencies.ours, 0.99) / quantile(latencies.bare, 0.99))
      }
      const seconds = (performance.now() - startedAt) / 1000
      const more = { p50Ms: quantile(ours, 0.5), bareP50Ms: quantile(bare, 0.5), history: messages }
      const [value, bareValue] = [quantile(ours, 0.99), quantile(bare, 0.99)]
      const usage = meter.usage(ours.length, bare.length)
      return { value, unit: 'ms', bare: bareValue, n: ours.length, seconds, ratios, usage, more }
    }
  }
