// How FFmpeg reads each type of audio that a voice note is made of: by the one demuxer for what its bytes are.
import { demuxers } from '../../instances/upload-kinds.ts'
import type { FfmpegInput } from './run-ffmpeg.ts'

/** MP4 may say at its end what is before. */
const seeking: readonly string[] = ['audio/mp4']

/** null: no voice note is made of it. */
export function inputOf(mimetype: string): FfmpegInput | null {
  const demuxer = demuxers[mimetype]
  return demuxer === undefined ? null : { demuxer, seeks: seeking.includes(mimetype) }
}
