// A directory of one test, gone with it; others may pass through, as the embedded server's user must.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { roomyMemory } from '../roomy-memory.ts'

export async function openTempDir(): Promise<string> {
  const path = await mkdtemp(join(roomyMemory(), 'zaplog-test-'))
  await chmod(path, 0o711)
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
