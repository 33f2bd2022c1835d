// Evolution API's calls (its version 2): thin translations into our own commands, reads and changes, answered in its shapes.
import { STATUS_CODES } from 'node:http'
import type { App } from '../create-app.ts'
import { openDialect, type Refusal } from '../dialect.ts'
import type { Problem } from '../problems.ts'
import { routeChatCalls } from './chat-calls.ts'
import type { EvolutionDeps } from './evolution-call.ts'
import { routeFileCalls } from './file-calls.ts'
import { routeGroupActions } from './group-actions.ts'
import { routeGroupCalls } from './group-calls.ts'
import { routeInstanceCalls } from './instance-calls.ts'
import { routeCallsNotDone, routeCallsNotThere } from './not-done.ts'
import { routePeopleCalls } from './people-calls.ts'
import { routeProfileCalls } from './profile-calls.ts'
import { routeSendCalls } from './send-calls.ts'

export const evolutionRoutes = (app: App, deps: EvolutionDeps): Promise<void> =>
  openDialect(app, { logger: deps.logger, refusalOf }, scope => {
    routeSendCalls(scope, deps)
    routeFileCalls(scope, deps)
    routeInstanceCalls(scope, deps)
    routeChatCalls(scope, deps)
    routeGroupCalls(scope, deps)
    routeGroupActions(scope, deps)
    routePeopleCalls(scope, deps)
    routeProfileCalls(scope, deps)
    routeCallsNotDone(scope)
    routeCallsNotThere(scope)
  })

/** Its src/exceptions and main.ts: a status, its name, and lines for people. */
export function refusalOf(problem: Problem): Refusal {
  const status = statusOf(problem)
  return { status, body: { status, error: STATUS_CODES[status] ?? 'Error', response: { message: linesOf(problem) } } }
}

/** It knows 400, 401, 403, 404 and 500; others say what these cannot. */
function statusOf({ code, status }: Problem): number {
  if (code === 'instance-exists') return 403
  return status === 422 ? 400 : status
}

const linesOf = ({ errors, message }: Problem): readonly string[] =>
  errors.length === 0
    ? [message]
    : errors.map(error => {
        const where = 'pointer' in error ? error.pointer.slice(1).replaceAll('/', '.') : error.parameter
        return `${where === '' ? '' : `${where}: `}expected ${error.expected}, got ${error.received}`
      })
