// [A2] [E3] Fifty accounts come online at once, with what WhatsApp kept for them: how much of what they take in goes out as webhooks while
// they still take in. Whatever is shared has to be shared: a share of 1 would be a webhook for each message as it comes.
import { until } from '../test/ground/until.ts'
import { openChild } from './child.ts'
import type { Line } from './conversations.ts'
import { openDirectory } from './ground.ts'
import { qrOf } from './linked.ts'
import { type Bench, expectEqual, secondsOf } from './measure.ts'
import type { ReceiverCalls } from './receiver-process.ts'
import { createMeter } from './usage.ts'
import type { WhatsAppCalls } from './whatsapp-process.ts'
import { openZaplog, type Zaplog } from './zaplog.ts'

const sockets = 50
const n = 10_000
const PATIENCE_MS = 240_000

export const catchUp: Bench = async closing => {
  const receiver = openChild<ReceiverCalls>(closing, './receiver-process.ts')
  const whatsapp = openChild<WhatsAppCalls>(closing, './whatsapp-process.ts')
  const { url, cdnUrl } = await whatsapp.urls()
  const env = {
    DATA_DIR: await openDirectory(closing),
    WHATSAPP_URL: url,
    WHATSAPP_CDN_URL: cdnUrl,
    WHATSAPP_CONNECTS_PER_SECOND: '1000',
  }
  const lines: Line[] = []
  await online(async zaplog => {
    for (let socket = 0; socket < sockets; socket++) lines.push(await link(zaplog, whatsapp, socket))
    await until('every instance to be open', () => isOpen(zaplog), 60_000)
    await whatsapp.greet({ lines })
    const made = await zaplog.ask('POST', '/v1/endpoints', { url: `${await receiver.url()}0`, eventTypes: ['message.received'] })
    await receiver.configure({ secrets: [String(made.secret)], delayMs: 0 })
  })

  async function online<T>(work: (zaplog: Zaplog) => Promise<T>): Promise<T> {
    await using running = closing.use(new AsyncDisposableStack())
    return await work(await openZaplog(running, env))
  }

  return async () => {
    await whatsapp.leave({ lines, n })
    const arrived = receiver.arrived({ n, withinMs: PATIENCE_MS })
    let [taken, seconds, sent] = [0, 0, 0]
    const usage = await online(async zaplog => {
      await until('the first to be taken in', async () => (await whatsapp.pending()) < n, PATIENCE_MS)
      const meter = createMeter(zaplog.statements)
      taken = await whatsapp.pending()
      seconds = await meter.during('ours', () =>
        secondsOf(() => until('the last to be taken in', async () => (await whatsapp.pending()) === 0, PATIENCE_MS)),
      )
      sent = await receiver.answered()
      const { copies, outOfOrder } = await arrived
      expectEqual('copies', copies, 0)
      expectEqual('webhooks out of order', outOfOrder, 0)
      return meter.usage(taken)
    })
    return { value: sent / seconds, unit: 'webhooks/s', bare: taken / seconds, n, seconds, usage }
  }
}

/** Accounts are 5511900000000 to ..49, each with one contact, ..50 to ..99. */
async function link(zaplog: Zaplog, whatsapp: WhatsAppCalls, socket: number): Promise<Line> {
  const pn = `55119000000${String(socket).padStart(2, '0')}`
  return { jid: await whatsapp.scan({ qr: await qrOf(zaplog, `bench-${socket}`), pn }), contacts: [`55119000000${50 + socket}`] }
}

const isOpen = async (zaplog: Zaplog) => (await zaplog.metric('zaplog_sockets', 'state="open"')) === sockets
