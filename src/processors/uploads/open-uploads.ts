// Uploads are prepared: several at once, accounts take turns, woken by whoever completes one and looked for every [5 s]. Each is claimed for [6 s]
// and held on to; one whose process died is claimed again as soon as that is over, at once where no other process can have had it.
import { Agent } from 'undici'
import type { Database } from '../../database/database.ts'
import { listenOrLook } from '../../database/listen-or-look.ts'
import type { Codec } from '../../events/codec.ts'
import type { TopicName } from '../../events/topics.ts'
import { drainApiOutbox, owe } from '../../instances/outbox.ts'
import { uploadFailed } from '../../instances/upload-events.ts'
import { type ReadyFile, readyKeyOf, uploadsChannel } from '../../instances/uploads.ts'
import {
  type ClaimedUpload,
  claimUploads,
  freeUploads,
  giveBackClaim,
  othersHeldForMs,
  putOffUpload,
  readyUpload,
  spoilUpload,
} from '../../instances/uploads-at-work.ts'
import type { EventLog } from '../../log/log.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import { mediaUrlAllowances } from '../../runtime/address-guard.ts'
import { createBell } from '../../runtime/bell.ts'
import type { Config } from '../../runtime/config.ts'
import { createGuardedConnector } from '../../runtime/guarded-connector.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { Role } from '../../runtime/role.ts'
import { runningRole } from '../../runtime/running-role.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { openPictures } from '../store/pictures.ts'
import { createUploadHold, type UploadHold } from './hold-uploads.ts'
import { mostAttempts, type Verdict, verdictOf } from './judge-failure.ts'
import { type PrepareDeps, prepareUpload } from './prepare-upload.ts'
import { doubtProgram } from './run-ffmpeg.ts'
import { UploadError } from './upload-error.ts'

export type UploadsDeps = {
  database: Database
  objects: ObjectStore
  log: Pick<EventLog, 'append'>
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
  sealer: Pick<Sealer, 'open'>
  config: Config['media']
  uploads: Config['uploads']
  logger: Logger
  metrics: Pick<Metrics, 'counter'>
  clock: () => number
  /** No other process prepares what is in this database: what somebody held before is nobody's. */
  isAlone?: boolean
  /** For tests, which do not wait [6 s], [5 s], [60 s]. */
  leaseMs?: number
  lookMs?: number
  silentMs?: number
}
const name = 'uploads'
/** Whoever waits for a file waits for so long where its process died; one that is silent for so long lives and has lost it. */
const LEASE_MS = 6_000
const LOOK_MS = 5_000
/** Who has said nothing for so long is dead. Who lives and could not hold on to one gives its claim back before, once Postgres answers. */
const SILENT_MS = 60_000
/** For writing what came of one, and for what it leaves in the store. */
const SETTLE_MS = 60_000
/** A lease is over only after its last moment. */
const LAPSED_MS = 20
/** A picture may be encoded eight times. */
const PICTURE_DEADLINE_MS = 60_000

export function openUploads(deps: UploadsDeps): Role {
  const stop = new AbortController()
  const bell = createBell()
  const tools = openTools(deps)
  const { database, leaseMs = LEASE_MS, lookMs = LOOK_MS } = deps
  const hold = createUploadHold({ ...deps, leaseMs })
  const inHand = new Set<Promise<void>>()
  let problem: string | null = null
  let isFreed = deps.isAlone !== true

  /** Answers when to look again, in ms. */
  async function takeMore(): Promise<number> {
    const limit = deps.uploads.atOnce - inHand.size
    if (limit <= 0) return lookMs
    if (!isFreed) await freeUploads(database)
    isFreed = true
    // A file that comes slowly holds its place: of one account never all of them.
    const perInstance = Math.ceil(deps.uploads.atOnce / 2)
    const claimed = await claimUploads(deps, { limit, perInstance, leaseMs, mine: hold.uploadIds() })
    for (const one of claimed) {
      const work = workOff({ ...deps, ...tools.deps, hold }, one, stop.signal).finally(() => {
        inHand.delete(work)
        bell.ring()
      })
      inHand.add(work)
    }
    // Of each account one was claimed: there may be more.
    if (claimed.length > 0) bell.ring()
    const othersMs = await othersHeldForMs(database, hold.uploadIds())
    return othersMs === null ? lookMs : Math.min(lookMs, othersMs + LAPSED_MS)
  }

  async function run(): Promise<void> {
    const wakes = { channel: uploadsChannel, wake: bell.ring, unheard: 'uploads.not-listened' }
    const listening = listenOrLook(deps, wakes, stop.signal)
    await doubtProgram(deps.uploads.ffmpegPath, deps.logger)
    while (!stop.signal.aborted) {
      let lookInMs = lookMs
      try {
        lookInMs = await takeMore()
        problem = null
      } catch (error) {
        if (problem === null) deps.logger.warn('uploads.not-claimed', { error })
        problem = `what is to be prepared cannot be read: ${String(error)}`
      }
      await bell.rung(stop.signal, lookInMs)
    }
    await Promise.all([listening, ...inHand])
  }

  return runningRole({ name, problem: () => problem }, { stop, done: run(), closeTools: tools.close })
}

function openTools({ config, uploads, objects, sealer, logger }: UploadsDeps): { deps: PrepareDeps; close(): Promise<void> } {
  const pictures = openPictures({ ...config, deadlineMs: PICTURE_DEADLINE_MS })
  const dispatcher = new Agent({
    connect: createGuardedConnector({ allowances: mediaUrlAllowances(uploads) }),
    allowH2: false,
    clientTtl: 60_000,
  })
  const { compressAboveBytes, ffmpegPath } = uploads
  return {
    deps: { objects, sealer, dispatcher, limits: uploads, timeouts: config, pictures, compressAboveBytes, ffmpegPath, logger },
    close: async () => {
      await dispatcher.destroy()
      await pictures.close()
    },
  }
}

type WorkDeps = UploadsDeps & PrepareDeps & { hold: UploadHold }

/** Never rejects: what it could not write is claimed again. */
async function workOff(deps: WorkDeps, claimed: ClaimedUpload, stop: AbortSignal): Promise<void> {
  const { uploadId, instanceId } = claimed.row
  const held = deps.hold.keep(claimed)
  const signal = AbortSignal.any([stop, held.lost])
  try {
    const startAt = deps.clock()
    const outcome = await outcomeOf(deps, claimed, signal)
    const told: Outcome = stop.aborted && outcome.kind !== 'ready' ? { kind: 'put-off', waitMs: 0, counts: false } : outcome
    const isBelieved = !held.lost.aborted && (await settle(deps, claimed, told))
    if (!isBelieved) await giveBackClaim(deps.database, { uploadId, claim: claimed.claim })
    await clear(deps, claimed, isBelieved ? told.kind : 'lost')
    if (!isBelieved) return
    deps.metrics.counter('zaplog_uploads_prepared_total').inc({ outcome: told.kind })
    deps.logger.info(`upload.${outcome.kind}`, { instanceId, uploadId, durationMs: deps.clock() - startAt, ...toldOf(outcome) })
  } catch (error) {
    deps.logger.warn('upload.not-settled', { instanceId, uploadId, error })
  } finally {
    held.letGo()
  }
}

const toldOf = (outcome: Outcome) =>
  outcome.kind === 'ready'
    ? { sizeBytes: outcome.file.sizeBytes, mimetype: outcome.file.mimetype }
    : { error: 'error' in outcome ? outcome.error : null }

type Outcome = Verdict | { kind: 'ready'; file: ReadyFile }

async function outcomeOf(deps: WorkDeps, claimed: ClaimedUpload, signal: AbortSignal): Promise<Outcome> {
  const { row, claims, died } = claimed
  const { retryDelaysMs } = deps.config
  try {
    if (died !== null) await deps.objects.delete([readyKeyOf(row, died)], signal)
    const isLast = claims > mostAttempts(retryDelaysMs)
    if (isLast && died !== null) return { kind: 'put-off', waitMs: deps.silentMs ?? SILENT_MS, counts: false }
    if (isLast) throw new UploadError('internal', `preparing the file: expected to end it, died at it ${claims - 1} times`)
    return { kind: 'ready', file: await prepareUpload(deps, claimed, signal) }
  } catch (error) {
    return verdictOf(error, { attempt: claims, retryDelaysMs })
  }
}

/** false: the claim is not believed any more. */
async function settle(deps: WorkDeps, claimed: ClaimedUpload, outcome: Outcome): Promise<boolean> {
  const isBelieved = await write(deps, claimed, outcome)
  if (isBelieved && outcome.kind === 'failed') await drainApiOutbox(deps, AbortSignal.timeout(SETTLE_MS))
  return isBelieved
}

function write(deps: WorkDeps, { row, claim }: ClaimedUpload, outcome: Outcome): Promise<boolean> {
  const held = { uploadId: row.uploadId, claim }
  if (outcome.kind === 'put-off') return putOffUpload(deps.database, { ...held, ...outcome })
  if (outcome.kind === 'ready') return readyUpload(deps.database, held, outcome.file)
  const why = { reason: outcome.error.code, reasonText: outcome.error.message }
  return deps.database.transact(async tx => {
    const spoilt = await spoilUpload(tx, { ...held, ...why })
    if (spoilt !== null) await owe(deps, tx, uploadFailed('upload.failed', spoilt, { ...why, at: deps.clock() }))
    return spoilt !== null
  }, AbortSignal.timeout(SETTLE_MS))
}

/** What nobody reads any more: of a file that is ready what it was made of, of any other what was made of it, also while its instance was purged. */
async function clear(deps: WorkDeps, { row, claim }: ClaimedUpload, is: Outcome['kind'] | 'lost'): Promise<void> {
  const { uploadId, instanceId, incomingKey } = row
  const keys = [...(is === 'ready' ? [] : [readyKeyOf(row, claim)]), ...(is === 'ready' || is === 'failed' ? [incomingKey] : [])]
  try {
    await deps.objects.delete(keys, AbortSignal.timeout(SETTLE_MS))
  } catch (error) {
    deps.logger.warn('upload.not-cleared', { instanceId, uploadId, error })
  }
}
