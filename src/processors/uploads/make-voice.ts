// A voice note of other audio: Ogg with Opus, one channel, as phones record it.

import { type FfmpegBounds, type FfmpegPath, runFfmpeg } from './run-ffmpeg.ts'
import { inputOf } from './sound-inputs.ts'
import { UploadError } from './upload-error.ts'

const opus = ['-ac', '1', '-ar', '48000', '-c:a', 'libopus', '-b:a', '32k', '-f', 'ogg']

/** `mimetype`: what the bytes were judged to be. Throws UploadError `not-convertible`, and before that what the body throws. */
export async function* makeVoice(
  by: { ffmpegPath: FfmpegPath; bounds?: FfmpegBounds },
  { mimetype, body }: { mimetype: string; body: AsyncIterable<Uint8Array> },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = inputOf(mimetype)
  if (input === null)
    throw new UploadError('not-convertible', `making a voice note: expected audio that is known here, got ${mimetype}`)
  yield* runFfmpeg(by, { doing: 'making a voice note', input, output: opus }, body, signal)
}
