// [H5] [H4] Ten minutes in which fifty accounts are sent three times as many messages as can be taken in; WhatsApp lets as many through as an
// account may have unacknowledged, and keeps the others. Members of consumer groups prove that they are alive all along, however busy their
// process is. Compared is the longest that any of them was silent with how long it may be.
import { openSession } from '../src/database/session.ts'
import { wait } from '../src/runtime/wait.ts'
import { databaseUrlOf } from '../test/ground/scenarios/its-postgres.ts'
import { openDirectory } from './ground.ts'
import { openLinked } from './linked.ts'
import { type Bench, expectEqual } from './measure.ts'
import { createMeter } from './usage.ts'

const sockets = 50
/** Not yet acknowledged, for each account. */
const window = 100
const measured = 10_000
const LOOK_EVERY_MS = 100
/** ttlMs of src/log/postgres/postgres.ts. */
const LIVES_MS = 5_000

export const overload =
  ({ seconds }: { seconds: number }): Bench =>
  async closing => {
    const dataDir = await openDirectory(closing)
    const {
      whatsapp,
      zaplog,
      zaplogLines: lines,
    } = await openLinked(closing, {
      sockets,
      contactsPerSocket: 1,
      env: { DATA_DIR: dataDir },
    })
    const watching = new AbortController()
    const session = await openSession({ url: databaseUrlOf(dataDir), applicationName: 'overload' }, watching.signal)
    closing.defer(() => session.close())
    /** Of a member that lives, this much is left to it at least. */
    const leastLeft = async () => {
      const [row] = await session.query<{ left_ms: number }>(
        'select (extract(epoch from min(expires_at) - now()) * 1000)::float8 as left_ms from log_members',
      )
      return row?.left_ms ?? LIVES_MS
    }
    return async () => {
      const before = await zaplog.metric('zaplog_events_appended_total', 'type="message.received"')
      const failures: unknown[] = []
      const perSecond = (3 * measured) / (await whatsapp.deliver({ lines, n: measured, window }))
      // Never over: what is left is dropped with WhatsApp.
      whatsapp.offer({ lines, n: Number.MAX_SAFE_INTEGER, window, perSecond }).catch(error => failures.push(error))
      const endsAt = performance.now() + seconds * 1000
      let left = LIVES_MS
      const meter = createMeter(zaplog.statements)
      await meter.during('ours', async () => {
        while (performance.now() < endsAt && failures.length === 0) {
          left = Math.min(left, await leastLeft())
          await wait(LOOK_EVERY_MS, watching.signal)
        }
      })
      if (failures.length > 0) throw failures[0]
      const taken = (await zaplog.metric('zaplog_events_appended_total', 'type="message.received"')) - before
      expectEqual('expired leases', zaplog.said('log.leases-expired'), 0)
      const more = { offered: perSecond, taken: (taken - measured) / seconds }
      const usage = meter.usage(taken - measured)
      return { value: LIVES_MS - left, unit: 'ms', bare: LIVES_MS, n: taken, seconds, usage, more }
    }
  }
