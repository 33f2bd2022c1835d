// Every downloaded file gets a final copy of its own under a key that follows from its event; what is there already is not written again.
import type { TopicName } from '../events/topics.ts'
import type { PutObject } from '../objects/objects.ts'
import type { FairTurns } from '../runtime/fair-turns.ts'
import { clearAway } from './clear-away.ts'
import { FILES_IN_HAND, inTurn, transferTurns } from './in-turn.ts'
import { createIncomingRows, type IncomingRows } from './incoming-rows.ts'
import { MediaError } from './media-error.ts'
import { mediaFailed } from './media-failed.ts'
import { aboutFile, MAX_ROUNDS } from './media-file.ts'
import { orMediaError } from './or-media-error.ts'
import type { Answer, Given, Processor, ProcessorEntry } from './processor.ts'
import { type DownloadedFile, downloadedFile, placeOf } from './store/downloaded-file.ts'
import { type FinalCopyDeps, finalCopy } from './store/final-copy.ts'
import { finalPrefix } from './store/final-key.ts'
import { firstCopyAt, firstCopyName } from './store/first-copy.ts'
import { type PictureDeps, type PictureFacts, pictureFacts } from './store/picture-facts.ts'
import { openPictures } from './store/pictures.ts'
import { createStoreMetrics } from './store/store-metrics.ts'

const name = 'store-media'
const reads: readonly TopicName[] = ['media-downloaded']

export const storeMedia: ProcessorEntry = {
  name,
  reads,
  open(needs) {
    const pictures = openPictures(needs.config)
    const turns = transferTurns(needs.config)
    const metrics = createStoreMetrics(needs.metrics)
    const incomingRows = createIncomingRows(needs.database)
    return { ...createStoring({ ...needs, incomingRows, pictures, turns, metrics }), close: pictures.close }
  },
}

export type StoreDeps = FinalCopyDeps &
  PictureDeps & {
    incomingRows: Pick<IncomingRows, 'remember'>
    /** For what is done to one file in the store; its picture has turns of its own. */
    turns: FairTurns
    clock: () => number
  }

export const createStoring = (deps: StoreDeps): Processor<DownloadedFile> => ({
  name,
  reads,
  types: ['media.downloaded'],
  takes: downloadedFile,
  limits: { concurrency: FILES_IN_HAND, bufferedBytes: 16 * 1024 * 1024, attempts: 5 },
  process: (file, { attempt }, signal) => store(deps, { file, attempt }, signal),
  clearAway: (file, signal) => clearFile(deps, file, signal),
  paused: file => ({ level: 'warn', event: 'media.paused', fields: { ...aboutFile(file), stage: 'store' } }),
})

type Task = { file: DownloadedFile; attempt: Given['attempt'] }
type Kept = { head: PutObject; picture: PictureFacts | null }

async function store(deps: StoreDeps, { file, attempt }: Task, signal: AbortSignal): Promise<Answer> {
  const startAt = deps.clock()
  const kept = await orMediaError(keep(deps, file, signal), signal)
  if (kept instanceof MediaError) return failed(deps, { file, attempt }, kept)
  return stored(deps, { file, ...kept, durationMs: deps.clock() - startAt })
}

async function keep(deps: StoreDeps, file: DownloadedFile, signal: AbortSignal): Promise<Kept> {
  file.keptAt = await firstCopyAt(deps, file.event, signal)
  const turn = { key: file.event.instanceId, urgent: file.fields.round === 1 }
  const copy = await inTurn(deps.turns, { ...turn, work: () => finalCopy(deps, file, signal) }, signal)
  if (copy === null) throw lost(file)
  // After the file itself is where it belongs: what its bytes do to a decoder delays no other file.
  return { head: copy.head, picture: await pictureFacts(deps, { file, ...copy }, signal) }
}

const lost = ({ fields, event }: DownloadedFile): MediaError =>
  new MediaError('gone', `storing a ${fields.kind}: nothing with its hash is under ${event.incomingKey} any more`)

function stored(
  { objects, metrics }: StoreDeps,
  { file, head, picture, durationMs }: Kept & { file: DownloadedFile; durationMs: number },
): Answer {
  const { kind } = file.fields
  const { key, sizeBytes, contentType: mimetype } = head
  const { sha256, sha256Matches } = file.event
  const extension = key.slice(objects.newKey(finalPrefix(placeOf(file))).length)
  const thumbnailKey = picture?.thumbnailKey ?? null
  const size = { width: picture?.width ?? file.fields.width ?? null, height: picture?.height ?? file.fields.height ?? null }
  const made = { ...file.fields, ...size, mimetype, key, extension, sizeBytes, sha256, sha256Matches, thumbnailKey }
  const fields = { ...aboutFile(file), sizeBytes, mimetype, extension, durationMs }
  return {
    kind: 'emit',
    events: [{ type: 'media.stored', ...made }],
    report: {
      line: { level: 'info', event: 'media.stored', fields },
      counts: [() => metrics.stored.inc({ kind }), () => metrics.storedBytes.inc({ kind }, sizeBytes)],
    },
  }
}

/** What expired under incoming/ is fetched again, in a next round while there is one. */
function failed({ metrics }: StoreDeps, { file, attempt }: Task, error: MediaError): Answer {
  const retryable = error.code === 'gone' ? file.fields.round < MAX_ROUNDS : error.retryable
  return mediaFailed(metrics, { file, stage: 'store', error, retryable, attempt })
}

function clearFile({ objects }: StoreDeps, file: DownloadedFile, signal: AbortSignal): Promise<void> {
  // Both days that it may be under: the first copy's may have been taken already.
  const days = [file.keptAt, file.event.occurredAt].map(occurredAt => finalPrefix({ ...placeOf(file), occurredAt }))
  const prefixes = [...new Set(days)].map(objects.newKey)
  return clearAway(objects, { keys: [objects.newKey(firstCopyName(file.event))], prefixes }, signal)
}
