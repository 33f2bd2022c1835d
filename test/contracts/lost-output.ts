// Output that a verb loses: it ends in one sentence, and that is no success where somebody wanted what is missing.
import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { launchVerb } from '../ground/cli/verb.ts'

export type LastingVerb = {
  args: readonly string[]
  /** Its last words. */
  last: string
  /** Its exit code where its reader has gone. */
  whenGone: number
}

/** For a verb that runs until it is told to stop. */
export function endsWithItsOutput({ args, last, whenGone }: LastingVerb): void {
  /** Its own directory for what it makes; what it fetches is found in the caches of this user. */
  function ownPlace(): NodeJS.ProcessEnv {
    const place = mkdtempSync(join(tmpdir(), 'zaplog-lost-'))
    onTestFinished(() => rmSync(place, { recursive: true, force: true }))
    return { ...process.env, TMPDIR: place }
  }
  const aboutOutput = (err: string) => err.split('\n').filter(line => /output|stdout|EPIPE|cannot/.test(line))

  test('[H6] ends in one sentence when its output is full, and that is no success', async () => {
    const { code, err } = await runOn('/dev/full', args, ownPlace())
    expect(code).toBe(exitCodes.failed)
    expect(aboutOutput(err)).toEqual([`writing to stdout: ENOSPC: no space left on device, write: ${last}`])
  })

  test('[H6] ends in one sentence when its reader has gone', async () => {
    const verb = launchVerb(args, ownPlace())
    verb.loseStdout()
    expect(await verb.ended).toBe(whenGone)
    expect(aboutOutput(verb.stderr())).toEqual([`nobody reads the output any more: ${last}`])
  })
}

/** The verb with its stdout on this file. */
export async function runOn(file: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const verb = launchVerb(args, env, 'directly', openSync(file, 'w'))
  const code = await verb.ended
  return { code, err: verb.stderr() }
}
