// What zaplog's problems say of the API's calls, in words of the command line: people type verbs, not methods and paths. Pure.
import type { CallVerb } from './calls/call-verb.ts'
import { callVerbs } from './generated/call-verbs.ts'
import { shellWord } from './shell-word.ts'

/** `zaplog`: what our verbs begin with. */
export const withVerbs = (text: string, zaplog: string): string =>
  text.replace(CALL, call => {
    const verb = verbOf(call)
    return verb === null ? 'a call of the API' : `${zaplog} ${verb}`
  })

const CALL = /\b(?:GET|HEAD|POST|PUT|PATCH|DELETE) \/(?:[^\s;,:()'"`]*[^\s;,:()'"`.?!])?/g

/** Those that are no call as it is; `{id}` is what its path names there. */
export const ownVerbs: Readonly<Record<string, string>> = {
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
  'GET /v1/endpoints': 'webhooks list',
  'POST /v1/endpoints': 'webhooks add',
  'DELETE /v1/endpoints/{id}': 'webhooks remove {id}',
  'POST /v1/endpoints/{id}/test': 'webhooks test {id}',
  'GET /v1/events/{id}': 'events why {id}',
  'GET /v1/lag': 'lag',
  'GET /v1/encryption-keys': 'keys status',
  'POST /v1/encryption-keys/rotate': 'keys rotate',
  'GET /v1/topics': 'topics --live',
  'GET /v1/schemas': 'schemas --live',
  'POST /v1/rebuilds': 'rebuild read-model',
  'GET /v1/projections': 'projections list',
  'POST /v1/projections/{projection}/keys/{key}/resume': 'projections resume',
  'POST /v1/projections/{projection}/keys/{key}/skip': 'projections skip',
  'GET /v1/rebuilds/{id}': 'rebuilds status {id}',
  'POST /v1/rebuilds/{id}/swap': 'rebuilds swap {id}',
  'POST /v1/rebuilds/{id}/rollback': 'rebuilds rollback {id}',
  'POST /v1/replays': 'replay',
  'GET /v1/replays/{id}': 'replays status {id}',
  'GET /v1/stream': 'events tail',
  'GET /health/ready': 'status',
}

function verbOf(call: string): string | null {
  const [whole = ''] = call.split('?')
  const [, before = '', id = '', after = ''] = /^(\w+ \/v1\/\w+\/)([^/]+)(.*)$/.exec(whole) ?? []
  const verb = ownVerbs[whole] ?? ownVerbs[`${before}{id}${after}`]
  return verb?.replace('{id}', typedWord(id)) ?? callVerbOf(whole)
}

/** Where several verbs make the call, nobody knows which is meant. */
function callVerbOf(call: string): string | null {
  const [method, path = ''] = call.split(' ')
  const found = callVerbs.flatMap(verb => {
    const named = verb.method === method ? namesIn(verb.path, path) : null
    return named === null ? [] : [{ verb, named }]
  })
  const [only, ...others] = found
  return only === undefined || others.length > 0 ? null : wordsOf(only.verb, only.named)
}

/** What a path has where the pattern has names; null: it is another one. */
function namesIn(pattern: string, path: string): ReadonlyMap<string, string> | null {
  const [steps, given] = [pattern.split('/'), path.split('/')]
  const fits = steps.length === given.length && steps.every((step, index) => step.startsWith('{') || step === given[index])
  return fits ? new Map(steps.map((step, index) => [step.replace(/[{}]/g, ''), given[index] ?? ''])) : null
}

function wordsOf({ thing, name, args }: CallVerb, named: ReadonlyMap<string, string>): string {
  const typed = args.map(field => typedWord((field.to === 'path' ? named.get(field.at) : undefined) ?? `{${field.name}}`))
  const instance = named.get('instance')
  return [thing, name, ...typed, ...(instance === undefined ? [] : ['--instance', typedWord(instance)])].join(' ')
}

/** As somebody types it; a name of OpenAPI is one to fill in. */
const typedWord = (word: string): string => (/^\{\w+\}$/.test(word) ? `<${word.slice(1, -1)}>` : shellWord(readable(word)))

function readable(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id // as it is: it is only repeated
  }
}
