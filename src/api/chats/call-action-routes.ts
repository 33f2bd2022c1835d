// What is asked of an account about a call.
import { z } from 'zod'
import { getCall } from '../../projections/read-model/queries.ts'
import { type ActionDeps, routeAction } from '../commands/action-routes.ts'
import type { App } from '../create-app.ts'
import { Problem } from '../problems.ts'

/** A call rings no longer. */
const ringsForMs = 60_000

export function callActionRoutes(app: App, deps: ActionDeps): void {
  routeAction(app, deps, {
    method: 'POST',
    url: '/calls/:callId/reject',
    summary: 'Reject a call that rings, on every device of the account',
    tag: 'calls',
    operation: 'call.reject',
    params: z.object({ callId: z.string().min(1).max(256) }),
    body: z.undefined(),
    complete: async ({ instanceId, params: { callId } }) => {
      const call = await getCall(deps.database, { instanceId, callId })
      const callerId = call?.senderId ?? call?.chatId ?? null
      if (call === null || callerId === null)
        throw new Problem('call-not-found', `instance ${instanceId} has no call ${callId.slice(0, 200)}`)
      if (call.fromMe || !['offer', 'ringing'].includes(call.status))
        throw new Problem('call-over', `call ${callId} of instance ${instanceId} does not ring: it is ${call.status}`)
      const body = { callId, callerId, ...(call.groupId !== null && { groupId: call.groupId }) }
      return { body, chatId: callerId, notAfter: deps.clock() + ringsForMs }
    },
  })
}
