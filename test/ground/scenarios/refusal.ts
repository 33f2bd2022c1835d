// A start from the command line that must not succeed: what it says on stderr, and what it ends with.
import { expect, onTestFinished } from 'vitest'
import { type LaunchOptions, launchZaplog } from './zaplog-process.ts'

export async function refusal(options: LaunchOptions): Promise<{ exitCode: number; said: string }> {
  const refused = launchZaplog({ program: 'start', ...options })
  onTestFinished(refused.kill)
  const listened = await refused.listening.then(
    () => true,
    () => false,
  )
  expect(listened, 'zaplog started all the same').toBe(false)
  return { exitCode: refused.exitCode() ?? -1, said: refused.errors() }
}
