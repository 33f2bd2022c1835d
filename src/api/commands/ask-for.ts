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
  return { body, ...(await acceptMessage(deps, { instanceId, key, body }, deps.cut)) }
}

/** `call`: as it is routed, such as PUT /contacts/:personId/block. */
export type AskedAction = By & { call: string; params?: unknown; body?: unknown }

/**
 * What WhatsApp answered; null: nothing. Rejects as our own call does, and Problem `command-failed` where it was not done, `command-unfinished`
 * where that is not known by the time the signal aborts.
 */
export async function doAction(
  deps: ActionDeps,
  { call, instanceId, key, params = {}, body }: AskedAction,
  until: AbortSignal,
): Promise<Readonly<Record<string, unknown>> | null> {
  const ask = deps.calls.get(call)
  if (ask === undefined) throw new Error(`asking for ${call}: expected a call that is routed`)
  const { ids } = await ask({ instanceId, key, params, body })
  const of = { instanceId, commandId: ids.commandId }
  const found = await awaitCommand(deps, of, until)
  if (found === null) throw instanceNotFound(instanceId)
  if (found.endedAt === null) throw unfinished(of)
  const { state, reasonText, code, result } = answerOf(found)
  if (state === 'completed') return result
  throw new Problem('command-failed', `${reasonText ?? state}${code === null ? '' : ` (${code})`}`)
}

const unfinished = ({ instanceId, commandId }: { instanceId: string; commandId: string }) =>
  new Problem(
    'command-unfinished',
    `it is in the log and will be done, and is not over yet: GET /v1/instances/${instanceId}/commands/${commandId} says how it ends`,
  )
