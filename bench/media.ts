// [C3] [C4] Files from WhatsApp's CDN to stored, each verified, against a plain verified copy of the same files to the same place: as many at
// once. `idleMB` is what zaplog's own process took before, `mostMB` the most of it meanwhile, `picturesMB` and `postgresMB` of its children, shared
// pages once; `textP50Ms` and `textP99Ms` are of another account's texts, from written to their webhook, while 16 transfers run; `aloneP50Ms`
// and `aloneP99Ms` without.
import { join } from 'node:path'
import { s3Available } from '../infra/services/available.ts'
import { openS3Server } from '../infra/services/s3.ts'
import { never } from '../src/runtime/or-abort.ts'
import { wait } from '../src/runtime/wait.ts'
import { s3Settings } from '../test/ground/scenarios/s3-settings.ts'
import { until } from '../test/ground/until.ts'
import { alternate } from './alternate.ts'
import { openChild } from './child.ts'
import type { Line } from './conversations.ts'
import type { CopyCalls } from './copy-process.ts'
import { openDirectory } from './ground.ts'
import { type Linked, openLinked } from './linked.ts'
import { type Bench, expectEqual, NotHere, secondsOf } from './measure.ts'
import type { Arrived, ReceiverCalls } from './receiver-process.ts'
import { memoryByPart, mostByPart } from './tree-memory.ts'
import type { SentFile } from './written-file.ts'

/** Unit `MiB/s` counts bytes, `files/s` files. */
type Shape = { store: 'files' | 's3'; sizeBytes: number; n: number; slices: number; unit: 'files/s' | 'MiB/s' }

/** zaplog's defaults: four for each account, of which the fifth writes texts. */
const transfers = 16
const sockets = 5
const textsPerSecond = 10
const texts = 30
const LOOK_EVERY_MS = 50
/** At least; of many large files what they take at such a rate, which a busy machine has. */
const STORED_WITHIN_MS = 120_000
const SLOWEST_BYTES_PER_MS = (2 * 1024 ** 2) / 1000
const MiB = 1024 ** 2
const BUCKET = 'bench'

export const media =
  ({ store, sizeBytes, n, slices, unit }: Shape): Bench =>
  async closing => {
    const s3 = store === 's3' ? await openBucket(closing) : null
    const env = { MEDIA_MAX_VIDEO: '100MiB', ...s3 }
    const linked = await openLinked(closing, { sockets, contactsPerSocket: 1, env })
    const { whatsapp, zaplog, zaplogLines } = linked
    const lines = zaplogLines.slice(1)
    const copy = openChild<CopyCalls>(closing, './copy-process.ts')
    const target = { directory: await openDirectory(closing), s3 }
    const { cdnUrl } = await whatsapp.urls()
    let files: readonly SentFile[] = []
    const sides = {
      before: async (count: number) => {
        files = await whatsapp.sealFiles({ lines, n: count, sizeBytes })
      },
      ours: (count: number) => secondsOf(() => storeAll(linked, { lines, count, sizeBytes })),
      bare: () => secondsOf(() => copy.copy({ files, cdnUrl, target, atOnce: transfers })),
    }
    const paceTexts = await openTexts(closing, linked)
    const idle = memoryByPart()

    const warm = Math.min(transfers, n)
    await sides.before(warm)
    await sides.ours(warm)
    await sides.bare()
    return async () => {
      const measuring = alternate({ n, slices, statements: zaplog.statements, ...sides })
      const most = await mostByPart(() => measuring)
      const { value, bare, ...rates } = await measuring
      const alone = await paceTexts()
      const atOnce = Math.max(transfers, Math.min(n, Math.ceil((value * texts) / textsPerSecond)))
      await sides.before(atOnce)
      const [beside] = await Promise.all([paceTexts(), sides.ours(atOnce)])
      const scale = unit === 'MiB/s' ? sizeBytes / MiB : 1
      const latencies = {
        textP50Ms: beside.p50Ms,
        textP99Ms: beside.p99Ms,
        aloneP50Ms: alone.p50Ms,
        aloneP99Ms: alone.p99Ms,
      }
      const memory = {
        idleMB: mb(idle.zaplog),
        mostMB: mb(most.zaplog),
        picturesMB: mb(most.pictures),
        postgresMB: mb(most.postgres),
      }
      const more = { ...memory, ...latencies }
      return { ...rates, value: value * scale, bare: bare * scale, unit, more }
    }
  }

const mb = (bytes = 0): number => bytes / 1_000_000

/** Resolves when all are at their final keys. */
async function storeAll(
  { whatsapp, zaplog }: Linked,
  { lines, count, sizeBytes }: { lines: readonly Line[]; count: number; sizeBytes: number },
): Promise<void> {
  const look = async () => {
    const metric = await zaplog.scrape()
    return { stored: metric('zaplog_media_stored_total'), failed: metric('zaplog_media_failures_total') }
  }
  const before = await look()
  await whatsapp.deliver({ lines, n: count, window: count })
  const after = await until(
    `${count} files to be stored`,
    async () => {
      await wait(LOOK_EVERY_MS, never)
      const now = await look()
      return now.stored + now.failed - before.stored - before.failed >= count && now
    },
    Math.max(STORED_WITHIN_MS, (count * sizeBytes) / SLOWEST_BYTES_PER_MS),
  )
  expectEqual('failed files', after.failed - before.failed, 0)
}

/** Answers what has texts written to the first account, and waits for their webhooks. */
async function openTexts(
  closing: AsyncDisposableStack,
  { whatsapp, zaplog, zaplogLines }: Linked,
): Promise<() => Promise<Arrived>> {
  const receiver = openChild<ReceiverCalls>(closing, './receiver-process.ts')
  const url = `${await receiver.url()}0`
  const made = await zaplog.ask('POST', '/v1/endpoints', { url, eventTypes: ['message.received'], instanceIds: ['bench-0'] })
  await receiver.configure({ secrets: [String(made.secret)], delayMs: 0 })
  return async () => {
    const arrived = receiver.arrived({ n: texts })
    await whatsapp.pace({ lines: zaplogLines.slice(0, 1), n: texts, perSecond: textsPerSecond })
    return arrived
  }
}

async function openBucket(closing: AsyncDisposableStack): Promise<Record<string, string>> {
  const missing = await s3Available()
  if (missing !== null) throw new NotHere(missing)
  const server = await openS3Server({ directory: join(await openDirectory(closing), 's3') })
  closing.defer(server.close)
  await server.makeBucket(BUCKET)
  return s3Settings(server, BUCKET)
}
