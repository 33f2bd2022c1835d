// FFmpeg where the settings name it: whether it runs, and which it is.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { broken, type Finding, fine } from './finding.ts'

export async function examineProgram(path: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const { stdout } = await promisify(execFile)(path, ['-version'], { signal, env: {} })
  const [, version] = /^ffmpeg version (\S+)/.exec(stdout) ?? []
  if (version !== undefined) return [fine('ffmpeg', `version ${version}`)]
  return [broken('ffmpeg', `${path} is something else`, 'expected FFMPEG_PATH to name FFmpeg')]
}
