// [A2] [D1] As many messages from people who never wrote before as from one who did: each of them opens a session, a lane, a chat and a
// contact, which must not cost more than the messages themselves. Bare is zaplog with one chat, until everything is projected.
import { openLinked } from './linked.ts'
import { type Bench, expectEqual, secondsOf } from './measure.ts'
import type { Line } from './whatsapp-process.ts'

const window = 100

export const chats =
  ({ n }: { n: number }): Bench =>
  async closing => {
    const { whatsapp, zaplog, zaplogLines, settled } = await openLinked(closing, { sockets: 1, contactsPerSocket: 1 })
    const received = () => zaplog.metric('zaplog_events_appended_total', 'type="message.received"')
    const take = async (lines: readonly Line[]) => {
      await whatsapp.seal({ lines, n })
      const before = await received()
      const seconds = await secondsOf(async () => {
        await whatsapp.deliver({ lines, n, window })
        await settled()
      })
      expectEqual('messages in the log', (await received()) - before, n)
      return seconds
    }
    let strangers = 0
    /** Longer than any number there is. */
    const newcomers = async () => {
      const contacts = Array.from({ length: n }, () => `5511900000${String(strangers++).padStart(5, '0')}`)
      await whatsapp.meet({ contacts })
      return contacts
    }
    await whatsapp.deliver({ lines: zaplogLines, n: n / 4, window })
    await settled()
    return async () => {
      const bareSeconds = await take(zaplogLines)
      const contacts = await newcomers()
      const seconds = await take(zaplogLines.map(line => ({ ...line, contacts })))
      return { value: n / seconds, unit: 'messages/s', bare: n / bareSeconds, n, seconds }
    }
  }
