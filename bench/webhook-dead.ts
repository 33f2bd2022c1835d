// [E3] From a phone's message to nine endpoints that answer, while a tenth takes nothing, against the same while all ten answer. Both are
// paced alike and far below what the machine can, so that what differs is what the dead one takes from the others.
import { openChild } from './child.ts'
import { openLinked } from './linked.ts'
import { type Bench, expectEqual } from './measure.ts'
import type { ReceiverCalls } from './receiver-process.ts'

const sockets = 10
const endpoints = 10
const messagesPerSecond = 4
const pacedSeconds = 15
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
    const { p50Ms, p99Ms, copies, outOfOrder } = await arrived
    expectEqual('copies', copies, 0)
    expectEqual('webhooks out of order', outOfOrder, 0)
    return { p50Ms, p99Ms }
  }

  return async () => {
    const { id, secret } = await add(endpoints - 1)
    const secrets = [...lasting, secret]
    await receiver.configure({ secrets, delayMs: 0 })
    await paced(endpoints, 2)
    await settled()
    const bare = await paced(endpoints)
    await receiver.configure({ secrets, delayMs: 0, dead: [endpoints - 1] })
    await settled()
    const ours = await paced(endpoints - 1)
    await zaplog.ask('DELETE', `/v1/endpoints/${id}`) // a run's dead endpoint owes nothing to the next
    const more = { p50Ms: ours.p50Ms, bareP50Ms: bare.p50Ms }
    const n = messagesPerSecond * pacedSeconds * (endpoints - 1)
    return { value: ours.p99Ms, unit: 'ms', bare: bare.p99Ms, n, seconds: pacedSeconds, more }
  }
}
