// [A2] [D1] As many messages from people who never wrote before as from one who did: each of them opens a session, a lane, a chat and a
// contact, which must not cost more than the messages themselves. Bare is zaplog with one chat, until everything is projected.
import { alternate } from './alternate.ts'
import type { Line } from './conversations.ts'
import { openLinked } from './linked.ts'
import { type Bench, expectEqual, secondsOf } from './measure.ts'

const window = 100

export const chats =
  ({ n }: { n: number }): Bench =>
  async closing => {
    const { whatsapp, zaplog, zaplogLines, settled } = await openLinked(closing, { sockets: 1, contactsPerSocket: 1 })
    const received = () => zaplog.metric('zaplog_events_appended_total', 'type="message.received"')
    const take = (lines: readonly Line[], count: number) =>
      secondsOf(async () => {
        await whatsapp.deliver({ lines, n: count, window })
        await settled()
      })
    let strangers = 0
    /** Longer than any number there is. */
    const newcomers = async (count: number) => {
      const contacts = Array.from({ length: count }, () => `5511900000${String(strangers++).padStart(5, '0')}`)
      await whatsapp.meet({ contacts })
      return zaplogLines.map(line => ({ ...line, contacts }))
    }
    await whatsapp.deliver({ lines: zaplogLines, n: n / 4, window })
    await settled()
    return async () => {
      const before = await received()
      let lines: readonly Line[] = []
      const rates = await alternate({
        n,
        statements: zaplog.statements,
        before: async count => {
          lines = await newcomers(count)
          await whatsapp.seal({ lines, n: count })
        },
        ours: count => take(lines, count),
        between: count => whatsapp.seal({ lines: zaplogLines, n: count }),
        bare: count => take(zaplogLines, count),
      })
      expectEqual('messages in the log', (await received()) - before, 2 * n)
      return { ...rates, unit: 'messages/s' }
    }
  }
