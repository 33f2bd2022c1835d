// An FFmpeg of this machine, for tests of the voice notes that it makes.
import { runProgram } from './fetch-artifact.ts'
import { requireService, whyMissing } from './require-service.ts'

/** null: there is one. */
export const ffmpegAvailable = (): Promise<string | null> =>
  whyMissing(() =>
    requireService('what makes voice notes is missing: install FFmpeg (Debian: apt-get install ffmpeg)', findFfmpeg),
  )

/** Its path, which no environment is asked for. Rejects where there is none. */
export async function findFfmpeg(): Promise<string> {
  await runProgram('ffmpeg', ['-version'])
  return (await runProgram('sh', ['-c', 'command -v ffmpeg'])).trim()
}
