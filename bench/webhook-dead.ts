// [E3] From a phone's message to nine endpoints that answer, while a tenth takes nothing, against the same while all ten answer. Both are
// paced alike and far below what the machine can, so that what differs is what the dead one takes from the others.
import { openChild } from './child.ts'
import { openLinked } from './linked.ts'
import { type Bench, expectEqual, quantile } from './measure.ts'
import type { ReceiverCalls } from './receiver-process.ts'
import { createMeter, type Meter } from './usage.ts'

const sockets = 10
const endpoints = 10
const messagesPerSecond = 4
const pacedSeconds = 5
const slices = 3
const types = ['message.received']

export const webhookDead: Bench = async closing => {
  const receiver = openChild<ReceiverCalls>(closing, './receiver-process.ts')
  const { whatsapp, zaplog, zaplogLines, settled } = await openLinked(closing, { sockets, contactsPerSocket: 5 })
  const url = await receiver.url()
  const add = async (place: number) => {
    const made = await zaplog.ask('POST', '/v1/endpoints', { url: `${url}${place}`, eventTypes: types })
    return { id: String(made.id), secret: String(made.secret) }
  }
  const lasting: string[] = []
  for (let place = 0; place < endpoints - 1; place++) lasting.push((await add(place)).secret)

  /** Of those that answer. */
  async function paced(alive: number, seconds = pacedSeconds) {
    const n = messagesPerSecond * seconds
    const arrived = receiver.arrived({ n: n * alive })
    await whatsapp.pace({ lines: zaplogLines, n, perSecond: messagesPerSecond })
    const { latenciesMs, copies, outOfOrder } = await arrived
    expectEqual('copies', copies, 0)
    expectEqual('webhooks out of order', outOfOrder, 0)
    return latenciesMs
  }

  async function slice(meter: Meter) {
    const { id, secret } = await add(endpoints - 1)
    const secrets = [...lasting, secret]
    await receiver.configure({ secrets, delayMs: 0 })
    await paced(endpoints, 1)
    await settled()
    const bare = await meter.during('bare', () => paced(endpoints))
    await receiver.configure({ secrets, delayMs: 0, dead: [endpoints - 1] })
    await settled()
    const ours = await meter.during('ours', () => paced(endpoints - 1))
    await zaplog.ask('DELETE', `/v1/endpoints/${id}`) // a dead endpoint owes nothing to the next slice
    return { ours, bare }
  }

  return async () => {
    const meter = createMeter(zaplog.statements)
    const [ours, bare]: [number[], number[]] = [[], []]
    const ratios: number[] = []
    for (let done = 0; done < slices; done++) {
      const latencies = await slice(meter)
      ours.push(...latencies.ours)
      bare.push(...latencies.bare)
      ratios.push(quantile(latencies.ours, 0.99) / quantile(latencies.bare, 0.99))
    }
    const more = { p50Ms: quantile(ours, 0.5), bareP50Ms: quantile(bare, 0.5) }
    const [value, bareValue] = [quantile(ours, 0.99), quantile(bare, 0.99)]
    const usage = meter.usage(ours.length, bare.length)
    return { value, unit: 'ms', bare: bareValue, n: ours.length, seconds: slices * pacedSeconds, ratios, usage, more }
  }
}
