// Calls of docs/contract.md that come with a later version: whoever may call gets 501 with what there is instead, before any body is read.
import { z } from 'zod'
import type { App } from './create-app.ts'
import { describeCall } from './describe-call.ts'
import { Problem } from './problems.ts'

export type LaterCall = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As the router has it. */
  url: string
  what: string
  /** What there is now; null: nothing. */
  instead: string | null
}

const call = (method: LaterCall['method'], url: string, what: string, instead: string | null = null): LaterCall => ({
  method,
  url,
  what,
  instead,
})
const theLog = 'the topics of the log can be read again from any offset'

/** The table: remove a line where its call is made. */
export const laterCalls: readonly LaterCall[] = [
  call('POST', '/v1/endpoints/:id/rotate-secret', 'Give an endpoint a new secret', 'a new endpoint has one'),
  call('POST', '/v1/endpoints/:id/replay', 'Send an endpoint again what it was sent', theLog),
  call('POST', '/v1/media/retry', 'Try failed media again'),
  call('GET', '/v1/retention', 'Read what is deleted by age', 'nothing is'),
  call('PUT', '/v1/retention', 'Choose what is deleted by age', 'TOPIC_RETENTION is for new topics'),
  call('POST', '/v1/retention/run', 'Delete by age now'),
  call('GET', '/v1/api-keys', 'List keys', 'ADMIN_API_KEY is the only one'),
  call('POST', '/v1/api-keys', 'Make a key', 'ADMIN_API_KEY is the only one'),
  call('DELETE', '/v1/api-keys/:id', 'Revoke a key', 'ADMIN_API_KEY is the only one'),
  call('GET', '/m/pictures/:instanceId/:jid', 'A profile picture'),
]

/** Described like every other call, so that the door and 405 know them. */
export function laterCallRoutes(app: App) {
  for (const { method, url, what, instead } of laterCalls) {
    const names = [...url.matchAll(/:(\w+)/g)].map(match => String(match[1]))
    const params = z.object(Object.fromEntries(names.map(name => [name, z.string()])))
    app.route({
      method,
      url,
      schema: {
        ...describeCall(`Not in this version: ${what}`, {
          tag: 'later',
          ...(names.length > 0 && { params }),
          needs: url.startsWith('/m/') ? 'nothing' : 'admin',
          answers: {},
          problems: [501],
        }),
        'x-not-in-this-version': true,
      },
      onRequest: async () => {
        const use = instead === null ? '' : `; for now: ${instead}`
        throw new Problem('not-in-this-version', `${method} ${pathOf(url)} comes with a later version${use}`)
      },
      handler: async () => undefined,
    })
  }
}

/** As OpenAPI writes it. */
export const pathOf = (url: string): string => url.replaceAll(/:(\w+)/g, '{$1}')
