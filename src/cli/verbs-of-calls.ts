// What zaplog's problems say of the API's calls, in words of the command line: people type verbs, not methods and paths. Pure.
import { shellWord } from './shell-word.ts'

/** `zaplog`: what our verbs begin with. */
export const withVerbs = (text: string, zaplog: string): string =>
  text.replace(CALL, call => {
    const verb = verbOf(call)
    return verb === null ? 'a call of the API' : `${zaplog} ${verb}`
  })

const CALL = /\b(?:GET|HEAD|POST|PUT|PATCH|DELETE) \/(?:[^\s;,:()'"`]*[^\s;,:()'"`.?!])?/g

/** `{id}` is what its path names there. */
const verbs: Readonly<Record<string, string>> = {
  'GET /v1/instances': 'instances list',
  'POST /v1/instances': 'instances create',
  'GET /v1/instances/{id}': 'instances show {id}',
  'PATCH /v1/instances/{id}': 'instances set {id}',
  'DELETE /v1/instances/{id}': 'instances delete {id}',
  'GET /v1/instances/{id}/qr': 'instances qr {id}',
  'POST /v1/instances/{id}/pairing-code': 'instances pair {id}',
  'POST /v1/instances/{id}/restart': 'instances restart {id}',
  'POST /v1/instances/{id}/logout': 'instances logout {id}',
  'GET /v1/instances/{id}/purge': 'instances purge-status {id}',
  'POST /v1/instances/{id}/messages': 'send --instance {id}',
  'POST /v1/instances/{id}/uploads': 'upload --instance {id}',
  'GET /v1/instances/{id}/history': 'instances history {id}',
  'GET /v1/instances/{id}/commands': 'commands list --instance {id}',
  'DELETE /v1/instances/{id}/commands': 'commands cancel-all --instance {id}',
  'GET /v1/endpoints': 'webhooks list',
  'POST /v1/endpoints': 'webhooks add',
  'DELETE /v1/endpoints/{id}': 'webhooks remove {id}',
  'POST /v1/endpoints/{id}/test': 'webhooks test {id}',
  'GET /v1/stream': 'events tail',
  'GET /health/ready': 'status',
}

function verbOf(call: string): string | null {
  const [whole = ''] = call.split('?')
  const [, before = '', id = '', after = ''] = /^(\w+ \/v1\/\w+\/)([^/]+)(.*)$/.exec(whole) ?? []
  const verb = verbs[whole] ?? verbs[`${before}{id}${after}`]
  return verb?.replace('{id}', id === '{id}' ? '<id>' : shellWord(readable(id))) ?? null
}

function readable(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id // as it is: it is only repeated
  }
}
