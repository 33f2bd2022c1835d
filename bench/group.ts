// [B2] Messages per second from groups to durable and acknowledged, against Baileys alone, linked to the same accounts: both get the same
// stanzas, which were signed and encrypted before the clock starts.
import { alternate } from './alternate.ts'
import type { Line } from './conversations.ts'
import { openLinked } from './linked.ts'
import { type Bench, expectEqual } from './measure.ts'

/** For each socket. */
const window = 50

/** `members`: of each group; its account is one of them, the others write. */
export const group =
  ({ sockets, members, n }: { sockets: number; members: number; n: number }): Bench =>
  async closing => {
    const contactsPerSocket = members - 1
    const { whatsapp, zaplog, zaplogLines, bareLines, settled } = await openLinked(closing, { sockets, contactsPerSocket })
    const received = () => zaplog.metric('zaplog_events_appended_total', 'type="message.received"')
    const deliver = (lines: readonly Line[], count: number) => whatsapp.deliver({ lines, n: count, window })
    const seal = (count: number) => whatsapp.seal({ lines: zaplogLines, twins: bareLines, n: count })
    await whatsapp.gather({ lines: zaplogLines, twins: bareLines })
    // Each member's first message brings its key.
    for (const lines of [zaplogLines, bareLines]) await deliver(lines, sockets * contactsPerSocket)
    await seal(n / 4)
    for (const lines of [zaplogLines, bareLines]) await deliver(lines, n / 4)
    return async () => {
      await settled()
      const before = await received()
      const rates = await alternate({
        n,
        statements: zaplog.statements,
        before: seal,
        ours: count => deliver(zaplogLines, count),
        settled,
        bare: count => deliver(bareLines, count),
      })
      expectEqual('messages in the log', (await received()) - before, n)
      return { ...rates, unit: 'messages/s' }
    }
  }
