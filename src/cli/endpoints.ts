// zaplog webhooks …: endpoints from the command line.
import { CommanderError } from 'commander'
import { type Endpoint, endpoint, newEndpoint, nothing, tested } from './answers.ts'
import { callApi, listAll } from './call-api.ts'
import { exitCodes } from './exit-codes.ts'
import type { HoldMedia } from './hold-media-option.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { namedBy } from './name-fields.ts'
import { runVerb } from './run-verb.ts'
import { say } from './say.ts'
import { sayFilters } from './say-filters.ts'
import { textTable } from './text-table.ts'

const at = (id: string) => `/v1/endpoints/${encodeURIComponent(id)}`

export const listEndpoints = () =>
  runVerb(async api => {
    const all = await listAll(api, { doing: 'reading the endpoints', path: '/v1/endpoints' }, endpoint)
    return {
      json: all,
      text: textTable(
        ['id', 'url', 'state', 'waiting', 'dead', 'types', 'instances', 'why'],
        all.map(one => [
          one.id,
          one.url,
          stateOf(one),
          String(one.waiting ?? 0),
          String(one.deadLetters ?? 0),
          one.eventTypes?.join(' ') ?? 'default',
          one.instanceIds?.join(' ') ?? 'all',
          (one.enabled ? one.lastError : one.disabledReason) ?? '',
        ]),
      ),
    }
  })

function stateOf({ enabled, failingSince }: Endpoint): string {
  if (!enabled) return 'disabled'
  return failingSince === undefined ? 'ok' : `failing since ${failingSince}`
}

/** Ends with 1 where the receiver did not take it. */
export const testEndpoint = (id: string) =>
  runVerb(async api => {
    const call = { doing: `testing endpoint ${id}`, method: 'POST', path: `${at(id)}/test`, answer: tested }
    const json = await callApi(api, call)
    const { delivered, statusCode, error, durationMs } = json
    if (!delivered) process.exitCode = exitCodes.failed
    const came = statusCode === null ? `no answer: ${error}` : `the receiver answered ${statusCode} after ${durationMs} ms`
    return { json, text: delivered ? came : `not delivered: ${came}` }
  })

const nameOf = namedBy({
  ...{ url: '<url>', eventTypes: '--types', instanceIds: '--instance', snapshots: '--snapshots', holdMedia: '--hold-media' },
})

type Filters = { instance?: readonly string[]; types?: readonly string[] }

export function addEndpoint(
  given: string | undefined,
  options: Filters & { snapshots?: true; holdMedia?: HoldMedia },
): Promise<void> {
  const { url, instance, types } = sortOut(given, options)
  return runVerb(async api => {
    const body = {
      url,
      ...(instance && { instanceIds: instance }),
      ...(types && { eventTypes: types }),
      ...(options.snapshots && { snapshots: true }),
      ...(options.holdMedia === undefined ? {} : { holdMedia: options.holdMedia }),
    }
    const call = { doing: 'adding an endpoint', method: 'POST', path: '/v1/endpoints', body, answer: newEndpoint, nameOf }
    const added = await callApi(api, call)
    sayFilters(added)
    if (!jsonIsWanted()) say('The secret is shown this once; receivers verify signatures with it (Standard Webhooks).')
    return { json: added, text: [`id      ${added.id}`, `url     ${added.url}`, `secret  ${added.secret}`].join('\n') }
  })
}

/** Types and instances take what follows them, a URL too, which neither ever is. Throws CommanderError where there is none. */
function sortOut(given: string | undefined, { instance, types }: Filters): Filters & { url: string } {
  const isUrl = (word: string) => word.includes('://')
  const among = [...(instance ?? []), ...(types ?? [])].filter(isUrl)
  const [url, ...more] = given === undefined ? among : [given, ...among]
  if (url === undefined) throw mistaken('expected a URL such as https://example.com/hook, got none')
  if (more.length > 0) throw mistaken(`expected one URL, got ${[url, ...more].join(' and ')}`)
  const others = (words: readonly string[] | undefined) => words?.filter(word => !isUrl(word))
  const [instances, eventTypes] = [others(instance), others(types)]
  return { url, ...(instances && { instance: instances }), ...(eventTypes && { types: eventTypes }) }
}

/** What was kept meanwhile is sent, in order. */
export const enableEndpoint = (id: string) => setEnabled(id, true)
/** What comes is kept until it is enabled again. */
export const disableEndpoint = (id: string) => setEnabled(id, false)

const setEnabled = (id: string, enabled: boolean) =>
  runVerb(async api => {
    const call = { doing: `${enabled ? 'enabling' : 'disabling'} ${id}`, method: 'PATCH', path: at(id), body: { enabled } }
    return { json: await callApi(api, { ...call, answer: endpoint }), text: `${enabled ? 'enabled' : 'disabled'} ${id}` }
  })

export const removeEndpoint = (id: string) =>
  runVerb(async api => {
    const doing = `removing ${id}`
    const { waiting = 0 } = await callApi(api, { doing, method: 'GET', path: at(id), answer: endpoint })
    await callApi(api, { doing, method: 'DELETE', path: at(id), answer: nothing })
    const dropped = waiting === 0 ? '' : `; ${waiting} that waited for it are dropped`
    return { json: { id, removed: true }, text: `removed ${id}${dropped}` }
  })

const mistaken = (what: string) => new CommanderError(exitCodes.usage, 'zaplog.endpoint-url', what)
