// Verbs that call the API as people type them, for tests: they reach the routes’ own schemas, and nothing is done.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { CallFailed } from '../../../src/cli/call-failed.ts'
import { addCallVerbs } from '../../../src/cli/calls/call-verbs.ts'
import { callOnce } from '../../../src/cli/calls/run-call.ts'
import { callThings, callVerbs } from '../../../src/cli/generated/call-verbs.ts'
import type { Result } from '../../../src/cli/run-verb.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { openRoutesAlone } from './routes-alone.ts'

export type TypedCalls = Awaited<ReturnType<typeof openTypedCalls>>

export async function openTypedCalls(logger: Logger) {
  const directory = mkdtempSync(join(tmpdir(), 'zaplog-verbs-'))
  writeFileSync(join(directory, 'picture.jpg'), Buffer.from(PICTURE, 'base64'))
  const answer: { current: Readonly<Record<string, unknown>> } = { current: done }
  const routes = await openRoutesAlone(logger, answer)
  return {
    directory,
    /** Of whichever command is asked for. */
    answer,
    routes,
    close: async () => {
      await routes.close()
      rmSync(directory, { recursive: true })
    },
  }
}

const asked = { commandId: 'c1' }

export const done = {
  ...asked,
  messageId: null as string | null,
  chatId: null,
  state: 'completed',
  queuedUntil: '2026-01-06T12:00:00.000Z',
  reason: null as string | null,
  reasonText: null as string | null,
}

/** As a shell hands them over; `said`: what is told meanwhile. */
export async function run(calls: TypedCalls, words: readonly string[], said: string[] = [], waitMs = 60_000): Promise<Result> {
  const results: Result[] = []
  const program = new Command('zaplog').exitOverride().configureOutput({ outputError: () => undefined })
  const how = {
    say: (line: string) => void said.push(line),
    waits: () => void said.push('it waits'),
    waitMs,
    stopping: new AbortController().signal,
  }
  const verbs = callVerbs.filter(({ thing }) => thing === words[0]) // to make all of them costs more than the call
  addCallVerbs(program, { verbs, things: callThings }, async (verb, typed) => {
    results.push(await callOnce(calls.routes.api, { verb, typed }, how))
  })
  const given = words.map(word => word.replace('picture.jpg', join(calls.directory, 'picture.jpg')))
  await program.parseAsync(['node', 'zaplog', ...given])
  const [result] = results
  if (result === undefined) throw new Error(`${words.join(' ')}: expected a result`)
  return result
}

export async function refusal(calls: TypedCalls, words: readonly string[]): Promise<string> {
  const error: unknown = await run(calls, words).catch((error: unknown) => error)
  if (error instanceof CommanderError || error instanceof CallFailed) return error.message
  throw new Error(`${words.join(' ')}: expected a refusal`, { cause: error })
}

/** The smallest JPEG whose frame says its size, 1 by 1. */
export const PICTURE = '/9j/wAALCAABAAEBAREA/9k='

export const CHAT = '5511900000011'

export const GROUP = '120363000000000001'

export const LINK = 'https://chat.whatsapp.com/ABCDEFGHIJKLMNOPQRSTUV'
