// [C2] [C4] While one account is sent 64 pictures at once that are made to hurt, how long another's photo takes from sent to `media.stored`;
// bare is beside as many ordinary photos, so that what differs is what is in the pictures. `aloneMs` is without any, `pacedMs` beside hostile
// ones that come ten a second; `addedMB` is what zaplog grew by, with all its processes, when the first of them came.
import { wait } from '../src/runtime/wait.ts'
import { embeddedGround } from '../test/ground/scenarios/embedded-ground.ts'
import { until } from '../test/ground/until.ts'
import { never, openDirectory } from './ground.ts'
import { openLinked } from './linked.ts'
import { type Bench, expectEqual, quantile, secondsOf } from './measure.ts'
import { mostTreeBytes, treeBytes } from './tree-memory.ts'
import { createMeter } from './usage.ts'
import type { PictureKind } from './written-picture.ts'

const theirPictures = 64
const ourPhotos = 20
const rounds = 3
const OUR_PHOTO_EVERY_MS = 100
const LOOK_EVERY_MS = 200
const STORED_WITHIN_MS = 60_000
const MB = 1_000_000

/** What the other account is sent; at once where `everyMs` is 0. */
type Flood = { picture: PictureKind; everyMs: number }
/** Instants in epoch milliseconds. */
type Stored = { sentAt: number; storedAt: number; hasThumbnail: boolean }

const hostile: Flood = { picture: 'hostile', everyMs: 0 }
const harmless: Flood = { picture: 'photo', everyMs: 0 }
const paced: Flood = { picture: 'hostile', everyMs: 100 }

export const pictures: Bench = async closing => {
  const dataDir = await openDirectory(closing)
  const linked = await openLinked(closing, { sockets: 2, contactsPerSocket: 1, env: { DATA_DIR: dataDir } })
  const { whatsapp, zaplog } = linked
  const [theirs, ours] = linked.zaplogLines
  if (theirs === undefined || ours === undefined) throw new Error('benching pictures: expected two accounts')
  const log = await embeddedGround(dataDir, null).openLog()
  closing.defer(log.close)

  /** The ms of our photos; beside a flood, of those that were sent before the last of it was stored. */
  const send = async (flood: Flood | null): Promise<readonly number[]> => {
    if (flood !== null) await whatsapp.seal({ lines: [theirs], n: theirPictures, picture: flood.picture })
    await whatsapp.seal({ lines: [ours], n: ourPhotos, picture: 'photo' })
    const [theirsSentAt, oursSentAt] = await Promise.all([
      flood === null ? {} : whatsapp.release({ line: theirs, everyMs: flood.everyMs }),
      whatsapp.release({ line: ours, everyMs: OUR_PHOTO_EVERY_MS }),
    ])
    const their = await storedOf(theirsSentAt)
    const our = await storedOf(oursSentAt)
    expectEqual('their thumbnails', countThumbnails(their), flood?.picture === 'photo' ? theirPictures : 0)
    expectEqual('our thumbnails', countThumbnails(our), ourPhotos)
    const isOverAt = flood === null ? Number.POSITIVE_INFINITY : Math.max(...their.map(({ storedAt }) => storedAt))
    return our.filter(({ sentAt }) => sentAt < isOverAt).map(({ sentAt, storedAt }) => storedAt - sentAt)
  }

  /** Looks seldom: reading the log takes CPU from what is measured. */
  const storedOf = (sentAtOf: Readonly<Record<string, number>>): Promise<readonly Stored[]> =>
    until(
      'all of them to be stored',
      async () => {
        await wait(LOOK_EVERY_MS, never)
        const found = (await log.events('media-stored')).flatMap((event): Stored[] => {
          if (event.type !== 'media.stored') return []
          const sentAt = sentAtOf[String(event.messageId)]
          return sentAt === undefined ? [] : [{ sentAt, storedAt: event.recordedAt, hasThumbnail: event.thumbnailKey != null }]
        })
        return found.length === Object.keys(sentAtOf).length && found
      },
      STORED_WITHIN_MS,
    )

  const bytesBefore = treeBytes(zaplog.pid)
  const addedMB = ((await mostTreeBytes(zaplog.pid, () => send(hostile))) - bytesBefore) / MB
  await send(harmless)
  return async () => {
    const meter = createMeter(zaplog.statements)
    const took = { alone: [] as number[], hostile: [] as number[], harmless: [] as number[], paced: [] as number[] }
    const seconds = await secondsOf(async () => {
      for (let round = 0; round < rounds; round++) {
        took.alone.push(...(await send(null)))
        took.hostile.push(...(await meter.during('ours', () => send(hostile))))
        took.harmless.push(...(await meter.during('bare', () => send(harmless))))
        took.paced.push(...(await send(paced)))
      }
    })
    const others = { aloneMs: median(took.alone), pacedMs: median(took.paced) }
    const more = { p95: quantile(took.hostile, 0.95), ...others, addedMB }
    const usage = meter.usage(rounds * (theirPictures + ourPhotos))
    return { value: median(took.hostile), unit: 'ms', bare: median(took.harmless), n: took.hostile.length, seconds, usage, more }
  }
}

const median = (of: readonly number[]): number => quantile(of, 0.5)
const countThumbnails = (files: readonly Stored[]): number => files.filter(({ hasThumbnail }) => hasThumbnail).length
