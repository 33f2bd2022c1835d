// What a voice note sounds like, where FFmpeg is there to decode it: how long it is, and the shape that phones draw. One that cannot be decoded is sent
// as it is, without either.
import type { ObjectStore } from '../../objects/objects.ts'
import type { Logger } from '../../runtime/logger.ts'
import { type FfmpegBounds, type FfmpegPath, runFfmpeg } from './run-ffmpeg.ts'
import { inputOf } from './sound-inputs.ts'
import { UploadError } from './upload-error.ts'
import { createWaveform } from './waveform.ts'

/** `waveform`: 64 values, 0 to 100. */
export type HeardVoice = { durationSeconds: number; waveform: readonly number[] }
type Deps = { objects: Pick<ObjectStore, 'get'>; ffmpegPath: FfmpegPath; bounds?: FfmpegBounds; logger: Pick<Logger, 'warn'> }

/** More than the ear needs to tell where somebody speaks. */
const SAMPLES_PER_SECOND = 8_000
const output = ['-ac', '1', '-ar', String(SAMPLES_PER_SECOND), '-c:a', 'pcm_s16le', '-f', 's16le']

/** null: nobody heard it. Rejects ObjectError, and the signal's reason. */
export async function hearVoice(
  deps: Deps,
  { objectKey, instanceId }: { objectKey: string; instanceId: string },
  signal: AbortSignal,
): Promise<HeardVoice | null> {
  const input = inputOf('audio/ogg')
  const kept = deps.ffmpegPath === null ? null : await deps.objects.get({ key: objectKey }, signal)
  if (kept === null || input === null) return null
  const shape = createWaveform()
  try {
    const decoded = runFfmpeg(deps, { doing: 'hearing a voice note', input, output }, kept.body, signal)
    for await (const chunk of decoded) shape.take(chunk)
  } catch (error) {
    if (!(error instanceof UploadError)) throw error
    deps.logger.warn('upload.voice-unheard', { instanceId, error: error.message })
    return null
  }
  const waveform = shape.heights()
  const durationSeconds = Math.max(1, Math.round(shape.samples() / SAMPLES_PER_SECOND))
  return waveform === null ? null : { durationSeconds, waveform }
}
