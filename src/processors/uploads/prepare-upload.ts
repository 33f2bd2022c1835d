// A file that a client gave becomes one that can be sent: a list of steps, each from the start again where the one before it died.

import { type FileKind, isFileKind } from '../../events/command-bodies/files.ts'
import { type ReadyFile, readyKeyOf } from '../../instances/uploads.ts'
import { type ClaimedUpload, openSource } from '../../instances/uploads-at-work.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { isPicture } from '../store/picture-types.ts'
import type { Pictures } from '../store/pictures.ts'
import { putWhole, readWhole } from '../store/whole-object.ts'
import { type BringDeps, bringFile } from './bring-file.ts'
import { durationOf } from './durations.ts'
import { hearVoice } from './hear-voice.ts'
import { judgeFile } from './judge-file.ts'
import { type KeptFile, keepFile } from './keep-file.ts'
import { makeVoice } from './make-voice.ts'
import { nameFile } from './name-file.ts'
import type { FfmpegPath } from './run-ffmpeg.ts'

export type PrepareDeps = BringDeps & {
  objects: ObjectStore
  sealer: Pick<Sealer, 'open'>
  pictures: Pictures
  compressAboveBytes: number
  ffmpegPath: FfmpegPath
  logger: Logger
}

/** Throws UploadError for what is wrong with the file; MediaError, ObjectError, SealError. */
export async function prepareUpload(deps: PrepareDeps, claimed: ClaimedUpload, signal: AbortSignal): Promise<ReadyFile> {
  const { row, claim } = claimed
  const kind = isFileKind(row.kind) ? row.kind : 'document'
  const source = openSource(deps.sealer, claimed)
  const brought = await bringFile(deps, { row, source, kind, attempt: claimed.claims }, signal)
  const judged = await judgeFile({ row, kind, body: brought, canConvert: deps.ffmpegPath !== null })
  const announcedBytes = source.from === 'upload' && !judged.converts ? row.sizeBytes : null
  const voiced = judged.converts ? makeVoice(deps, judged, signal) : judged.body
  const mimetype = kind === 'voice' ? 'audio/ogg; codecs=opus' : judged.mimetype
  const objectKey = readyKeyOf(row, claim)
  const kept = await keepFile(deps, { row, objectKey, kind, mimetype, body: voiced, announcedBytes }, signal)
  // The virus scan comes here: of what is kept, before anything decodes it.
  const looked = await lookAtPicture(deps, { kept, kind, instanceId: row.instanceId }, signal)
  const heard = kind === 'voice' ? await hearVoice(deps, { objectKey, instanceId: row.instanceId }, signal) : null
  const fileName = row.fileName ?? nameFile(source, judged.extension)
  const durationSeconds = heard?.durationSeconds ?? durationOf(kept.mimetype, kept.ends)
  return { ...looked, fileName, durationSeconds, pages: null, waveform: heard?.waveform ?? null }
}

type Looked = Omit<ReadyFile, 'fileName' | 'durationSeconds' | 'pages' | 'waveform'>
type Looking = { kept: KeptFile; kind: FileKind; instanceId: string }

/** A picture that cannot be read is sent as it is. */
async function lookAtPicture(deps: PrepareDeps, { kept, kind, instanceId }: Looking, signal: AbortSignal): Promise<Looked> {
  const { objectKey, mimetype, sizeBytes, sha256 } = kept
  const asItIs = { objectKey, mimetype, sizeBytes, sha256, width: null, height: null, thumbnail: null }
  if (!isPicture(kind, mimetype)) return asItIs
  const load = () => readWhole(deps.objects, objectKey, signal)
  const fitBytes = kind === 'image' && sizeBytes > deps.compressAboveBytes ? deps.compressAboveBytes : null
  const { width, height, thumbnail, smaller, problem } = await deps.pictures.read({ instanceId, load, fitBytes }, signal)
  if (problem !== null) deps.logger.warn('upload.picture-unread', { instanceId, error: problem })
  const shown = { ...asItIs, width, height, thumbnail: thumbnail && Buffer.from(thumbnail) }
  if (smaller === null) return shown
  const put = await putWhole(deps.objects, { key: objectKey, bytes: smaller.bytes, contentType: 'image/jpeg' }, signal)
  return { ...shown, ...put, mimetype: 'image/jpeg', width: smaller.width, height: smaller.height }
}
