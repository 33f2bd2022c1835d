// [H9] What accounts cost that nobody writes to: memory and CPU of zaplog with everything that it runs, against Baileys alone with its keys
// in memory. Both sides are started anew with accounts that were linked before, as after an update.
import { never } from '../src/runtime/or-abort.ts'
import { wait } from '../src/runtime/wait.ts'
import { until } from '../test/ground/until.ts'
import type { BaileysCalls } from './baileys-process.ts'
import { openChild } from './child.ts'
import { cpuByPart } from './cpu.ts'
import { openDirectory } from './ground.ts'
import { qrOf } from './linked.ts'
import type { Bench } from './measure.ts'
import { memoryByPart } from './tree-memory.ts'
import type { WhatsAppCalls } from './whatsapp-process.ts'
import { openZaplog, type Zaplog } from './zaplog.ts'

type Options = { accounts: number; seconds: number }

/** Linked at the same time. */
const atOnce = 8
const OPEN_WITHIN_MS = 600_000
/** What logins leave to be done is over by then, and what they left in memory collected. */
const SETTLE_MS = 60_000
const MiB = 1024 ** 2

export const idle =
  ({ accounts, seconds }: Options): Bench =>
  async closing => {
    const whatsapp = openChild<WhatsAppCalls>(closing, './whatsapp-process.ts')
    const { url, cdnUrl } = await whatsapp.urls()
    const env = {
      DATA_DIR: await openDirectory(closing),
      WHATSAPP_URL: url,
      WHATSAPP_CDN_URL: cdnUrl,
      WHATSAPP_CONNECTS_PER_SECOND: '50',
    }
    await using linking = closing.use(new AsyncDisposableStack())
    const first = await openZaplog(linking, env)
    const linker = openChild<BaileysCalls>(linking, './baileys-process.ts')
    await inTurns(accounts, async nth => {
      const pn = String(5_511_910_000_000 + nth)
      await whatsapp.scan({ qr: await qrOf(first, `idle-${nth}`), pn })
      await whatsapp.scan({ qr: await linker.open({ url }), pn })
    })
    await linker.opened()
    await until('every account to be open', () => areOpen(first, accounts), OPEN_WITHIN_MS)
    const kept = await linker.keep()
    await linking.disposeAsync()

    return async () => {
      await using running = closing.use(new AsyncDisposableStack())
      const zaplog = await openZaplog(running, env)
      const bare = openChild<BaileysCalls>(running, './baileys-process.ts')
      const empty = memoryByPart()
      await bare.openKept({ url, kept })
      await bare.opened()
      await until('every account to be open', () => areOpen(zaplog, accounts), OPEN_WITHIN_MS)
      await wait(SETTLE_MS, never)
      const [cpuBefore, askedBefore] = [cpuByPart(), (await zaplog.statements?.()) ?? 0]
      await wait(seconds * 1000, never)
      const [cpu, memory, asked] = [cpuByPart(), memoryByPart(), ((await zaplog.statements?.()) ?? 0) - askedBefore]
      const each = (part: string) => (((cpu[part] ?? 0) - (cpuBefore[part] ?? 0)) * 60) / seconds / accounts
      return {
        value: (memory.zaplog ?? 0) / MiB,
        unit: 'MiB',
        bare: (memory.baileys ?? 0) / MiB,
        n: accounts,
        seconds,
        more: {
          postgresMiB: (memory.postgres ?? 0) / MiB,
          cpuMsPerMinute: each('zaplog'),
          postgresCpuMsPerMinute: each('postgres'),
          bareCpuMsPerMinute: each('baileys'),
          statementsPerMinute: (asked * 60) / seconds / accounts,
          bareEmptyMiB: (empty.baileys ?? 0) / MiB,
        },
      }
    }
  }

async function inTurns(n: number, work: (nth: number) => Promise<void>): Promise<void> {
  const nths = Array.from({ length: n }, (_, nth) => nth).values()
  const worker = async () => {
    for (const nth of nths) await work(nth)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

const areOpen = async (zaplog: Zaplog, accounts: number) => (await zaplog.metric('zaplog_sockets', 'state="open"')) === accounts
