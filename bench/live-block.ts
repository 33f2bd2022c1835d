// Messages of people at an even pace, each until its webhook: what something else is measured beside.
import type { Linked } from './linked.ts'
import { expectEqual } from './measure.ts'
import type { ReceiverCalls } from './receiver-process.ts'

type Of = Pick<Linked, 'whatsapp'> & { receiver: ReceiverCalls; lines: Linked['zaplogLines']; perSecond: number; seconds: number }

/** Of each message the ms until its webhook. Throws where one came twice or out of order. */
export async function liveBlock({ receiver, whatsapp, lines, perSecond, seconds }: Of): Promise<readonly number[]> {
  const n = perSecond * seconds
  const arrived = receiver.arrived({ n })
  await whatsapp.pace({ lines, n, perSecond })
  const { latenciesMs, copies, outOfOrder } = await arrived
  expectEqual('copies', copies, 0)
  expectEqual('webhooks out of order', outOfOrder, 0)
  return latenciesMs
}
