// What a dialect asks for becomes the commands that our own calls make: the same intake, the same checks, and its outcome where somebody waits.
import { messageBody } from '../../events/command-bodies.ts'
import { parseInput } from '../invalid-input.ts'
import { instanceNotFound, Problem } from '../problems.ts'
import { acceptMessage } from './accept-message.ts'
import type { ActionDeps } from './action-routes.ts'
import { awaitCommand } from './await-command.ts'
import { answerOf } from './command-shapes.ts'

type By = { instanceId: string; key: string }

/** `asked`: as POST /v1/instances/{id}/messages takes it. Rejects as `acceptMessage` does, and Problem `invalid-input`. */
export async function askForMessage(deps: ActionDeps, { instanceId, key, asked }: By & { asked: unknown }) {
  const body = parseInput(messageBody, asked)
  return { ...(await acceptMessage(deps, { instanceId, key, body }, deps.cut)), body }
}

/** `call`: as it is routed, such as PUT /contacts/:personId/block. */
export type AskedAction = By & { call: string; params?: unknown; body?: unknown }

/** Of one that is in the log. */
export type AskedFor = { instanceId: string; commandId: string }
type Result = Readonly<Record<string, unknown>> | null

/** Resolves once it is in the log. Rejects as our own call does. */
export async function askForAction(
  deps: ActionDeps,
  { call, instanceId, key, params = {}, body }: AskedAction,
): Promise<AskedFor> {
  const ask = deps.calls.get(call)
  if (ask === undefined) throw new Error(`asking for ${call}: expected a call that is routed`)
  const { ids } = await ask({ instanceId, key, params, body })
  return { instanceId, commandId: ids.commandId }
}

/** As `askForAction` and `resultOf` do. */
export const doAction = async (deps: ActionDeps, asked: AskedAction, until: AbortSignal): Promise<Result> =>
  resultOf(deps, await askForAction(deps, asked), until)

/** All of them are in the log before any is waited for. Rejects as `askForAction` and `resultOf` do. */
export async function doAll(deps: ActionDeps, all: readonly AskedAction[], until: AbortSignal): Promise<void> {
  const inLog: AskedFor[] = []
  for (const one of all) inLog.push(await askForAction(deps, one))
  for (const one of inLog) await resultOf(deps, one, until)
}

/**
 * What WhatsApp answered; null: nothing. Rejects Problem `command-failed` where it was not done, `command-unfinished` where that is not known by the
 * time the signal aborts.
 */
export async function resultOf(deps: ActionDeps, of: AskedFor, until: AbortSignal): Promise<Result> {
  const { instanceId } = of
  const found = await awaitCommand(deps, of, until)
  if (found === null) throw instanceNotFound(instanceId)
  if (found.endedAt === null) throw unfinished(of)
  const { state, reasonText, code, result } = answerOf(found, 'open')
  if (state === 'completed') return result
  throw new Problem('command-failed', `${reasonText ?? state}${code === null ? '' : ` (${code})`}`)
}

const unfinished = ({ instanceId, commandId }: AskedFor) =>
  new Problem(
    'command-unfinished',
    `it is in the log and will be done, and is not over yet: GET /v1/instances/${instanceId}/commands/${commandId} says how it ends`,
  )
