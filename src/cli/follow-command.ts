// A command is followed to its end, for a while; whoever runs a verb again after an error is told how it is done once.
import { wait } from '../runtime/wait.ts'
import { type Command, command } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'
import { say } from './say.ts'
import { waitText } from './say-wait.ts'
import { shellWord } from './shell-word.ts'
import { watchStopSignals } from './stop-signals.ts'

/** `waits`: called once where it is not over at once. */
export type Following = { say(line: string): void; waits?(): void; waitMs: number; stopping: AbortSignal }

const WAIT_MS = 60_000
const LOOK_EVERY_MS = 250

/** Of a verb: a person in front of it is told that it waits. */
export const watchIt = (): Following => ({
  say,
  waits: () => process.stderr.isTTY && say('it waits to be done; Ctrl-C leaves it to zaplog, which does it all the same'),
  waitMs: WAIT_MS,
  stopping: watchStopSignals(),
})

/** zaplog may have it: no answer came, or none that says. */
export const isUnknown = ({ exitCode }: CallFailed): boolean => exitCode === exitCodes.tryLater

/** It will be done, whatever kept its end from being seen. */
export const isTaken = (): boolean => true

/** `done`: what becomes of it, in a word. */
type Once = { key: string; done: string }

/** Whoever runs the verb again after an error that `names` holds for is told how it is done once. */
export async function naming<Answer>(
  { key, done }: Once,
  names: (error: CallFailed) => boolean,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof CallFailed) || !names(error)) throw error
    const { detail, rest, ...told } = error.told
    throw new CallFailed(`${detail}; the same again with --key ${shellWord(key)} is ${done} once`, {
      ...told,
      cause: error,
      rest: { ...rest, idempotencyKey: key },
    })
  }
}

type Of = { instance: string; commandId: string; done: string }

/** Rejects CallFailed where it has no end yet. */
export async function untilEnd(api: ApiSettings, { instance, commandId, done }: Of, how: Following): Promise<Command> {
  const path = `/v1/instances/${encodeURIComponent(instance)}/commands/${encodeURIComponent(commandId)}`
  const found = await followCommand(api, path, how)
  if (found.state === 'completed' || found.state === 'failed') return found
  throw stillWaiting({ instance, done }, found)
}

/** As it is at its end, or after waitMs, or once the signal aborts. */
async function followCommand(api: ApiSettings, path: string, { waits, waitMs, stopping }: Following): Promise<Command> {
  const enough = AbortSignal.any([stopping, AbortSignal.timeout(waitMs)])
  for (let isFirst = true; ; isFirst = false) {
    const found = await callApi(api, { doing: 'asking what came of it', method: 'GET', path, answer: command })
    if (found.state === 'completed' || found.state === 'failed') return found
    if (isFirst) waits?.()
    if (!(await wait(LOOK_EVERY_MS, enough))) return found
  }
}

function stillWaiting({ instance, done }: Omit<Of, 'commandId'>, found: Command): CallFailed {
  const detail = `it is not ${done} yet, and zaplog goes on trying until ${found.queuedUntil}: ${waitText(found, instance)}`
  return new CallFailed(detail, { exitCode: exitCodes.tryLater, rest: { command: found } })
}
