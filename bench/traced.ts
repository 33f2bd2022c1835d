// [H3] [B2] What traces cost: from WhatsApp to durable, projected and posted, of a zaplog that tells all of its spans to a receiver of OTLP on this
// machine, and bare is another zaplog that tells none, on the same WhatsApp, in turns.
import { alternate } from './alternate.ts'
import { openChild } from './child.ts'
import type { CollectorCalls } from './collector-process.ts'
import type { Line } from './conversations.ts'
import { linkAccounts, untilSettled } from './linked.ts'
import { type Bench, expectEqual } from './measure.ts'
import type { ReceiverCalls } from './receiver-process.ts'
import type { WhatsAppCalls } from './whatsapp-process.ts'
import { epochMs } from './written-text.ts'
import { openZaplog, type Zaplog } from './zaplog.ts'

const sockets = 10
const contactsPerSocket = 5
const n = 2_000
const window = 50

export const traced: Bench = async closing => {
  const whatsapp = openChild<WhatsAppCalls>(closing, './whatsapp-process.ts')
  const collector = openChild<CollectorCalls>(closing, './collector-process.ts')
  const ours = await openSide(closing, { whatsapp, env: { OTEL_EXPORTER_OTLP_ENDPOINT: await collector.url() } })
  const bare = await openSide(closing, { whatsapp, env: {} })
  await whatsapp.greet({ lines: [...ours.lines, ...bare.lines] })
  await ours.flood(n / 4)
  await bare.flood(n / 4)
  return async () => {
    await untilSettled(ours.zaplog)
    const [droppedBefore, bytesBefore] = [await dropped(ours.zaplog), await collector.bytes()]
    const rates = await alternate({
      n,
      statements: ours.zaplog.statements,
      ours: ours.flood,
      settled: () => untilSettled(ours.zaplog),
      bare: async count => {
        const seconds = await bare.flood(count)
        await untilSettled(bare.zaplog)
        return seconds
      },
    })
    const spansDropped = ((await dropped(ours.zaplog)) - droppedBefore) / n
    const otlpBytes = ((await collector.bytes()) - bytesBefore) / n
    return { ...rates, unit: 'messages/s', more: { spansDropped, otlpBytes } }
  }
}

const dropped = (zaplog: Zaplog): Promise<number> => zaplog.metric('zaplog_spans_dropped_total')

type Side = { whatsapp: WhatsAppCalls; env: Record<string, string> }

/** A zaplog with accounts and a receiver of its own. `flood`: as fast as they are acknowledged, until the last webhook is answered; in seconds. */
async function openSide(closing: AsyncDisposableStack, { whatsapp, env }: Side) {
  const receiver = openChild<ReceiverCalls>(closing, './receiver-process.ts')
  const { url: WHATSAPP_URL, cdnUrl: WHATSAPP_CDN_URL } = await whatsapp.urls()
  const where = { WHATSAPP_URL, WHATSAPP_CDN_URL, WHATSAPP_CONNECTS_PER_SECOND: '1000' }
  const zaplog = await openZaplog(closing, { ...where, ...env })
  const lines: readonly Line[] = await linkAccounts(zaplog, { whatsapp, sockets, contactsPerSocket })
  const url = `${await receiver.url()}0`
  const { secret } = await zaplog.ask('POST', '/v1/endpoints', { url, eventTypes: ['message.received'] })
  await receiver.configure({ secrets: [String(secret)], delayMs: 0 })
  const flood = async (count: number): Promise<number> => {
    const arrived = receiver.arrived({ n: count })
    const startedAt = epochMs()
    await whatsapp.deliver({ lines, n: count, window })
    const { copies, lastAt } = await arrived
    expectEqual('copies', copies, 0)
    return (lastAt - startedAt) / 1_000
  }
  return { zaplog, lines, flood }
}
