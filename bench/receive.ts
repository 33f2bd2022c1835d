// [B2] Messages per second from WhatsApp to durable and acknowledged, on embedded parts, against Baileys alone.
// Every role of zaplog runs beside, as it does at its users: the projections take their part of the CPU.
import { alternate } from './alternate.ts'
import { openLinked } from './linked.ts'
import { type Bench, expectEqual } from './measure.ts'

/** Not yet acknowledged at any time, over all sockets together. */
const inFlight = 500
const maxWindow = 100

export const receive =
  ({ sockets, n }: { sockets: number; n: number }): Bench =>
  async closing => {
    const { whatsapp, zaplog, zaplogLines, bareLines, settled } = await openLinked(closing, {
      sockets,
      contactsPerSocket: Math.max(1, Math.floor(50 / sockets / 5)),
    })
    const window = Math.min(maxWindow, inFlight / sockets)
    const received = () => zaplog.metric('zaplog_events_appended_total', 'type="message.received"')
    await whatsapp.deliver({ lines: zaplogLines, n: n / 4, window })
    await whatsapp.deliver({ lines: bareLines, n: n / 4, window })
    return async () => {
      await settled()
      const before = await received()
      const rates = await alternate({
        n,
        statements: zaplog.statements,
        ours: count => whatsapp.deliver({ lines: zaplogLines, n: count, window }),
        settled,
        bare: count => whatsapp.deliver({ lines: bareLines, n: count, window }),
      })
      expectEqual('messages in the log', (await received()) - before, n)
      return { ...rates, unit: 'messages/s' }
    }
  }
