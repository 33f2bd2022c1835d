// zaplog webhooks …: endpoints from the command line.
import { InvalidArgumentError } from 'commander'
import { endpoint, newEndpoint, nothing } from './answers.ts'
import { callApi, listAll } from './call-api.ts'
import { runVerb } from './run-verb.ts'
import { textTable } from './text-table.ts'

type HoldMedia = number | 'until-settled'

const at = (id: string) => `/v1/endpoints/${encodeURIComponent(id)}`

/** For commander; which numbers are right is zaplog's to say. */
export function parseHoldMedia(text: string): HoldMedia {
  if (text === 'until-settled') return text
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected seconds from 0 to 900, or until-settled.')
  return Number(text)
}

export const listEndpoints = (options: { json?: boolean }) =>
  runVerb(async api => {
    const all = await listAll(api, '/v1/endpoints', endpoint)
    if (options.json) return JSON.stringify(all)
    return textTable(
      ['id', 'url', 'enabled', 'types', 'instances', 'why'],
      all.map(one => [
        one.id,
        one.url,
        one.enabled ? 'yes' : 'no',
        one.eventTypes?.join(' ') ?? 'default',
        one.instanceIds?.join(' ') ?? 'all',
        one.disabledReason ?? '',
      ]),
    )
  })

export const addEndpoint = (
  url: string,
  options: { instance?: string[]; types?: string[]; holdMedia?: HoldMedia; json?: boolean },
) =>
  runVerb(async api => {
    const body = {
      url,
      ...(options.instance && { instanceIds: options.instance }),
      ...(options.types && { eventTypes: options.types }),
      ...(options.holdMedia === undefined ? {} : { holdMedia: options.holdMedia }),
    }
    const added = await callApi(api, { method: 'POST', path: '/v1/endpoints', body, answer: newEndpoint })
    if (added.notYetEmitted?.length)
      process.stderr.write(`Nothing emits these yet in this version: ${added.notYetEmitted.join(', ')}.\n`)
    if (options.json) return JSON.stringify(added)
    process.stderr.write('The secret is shown this once; receivers verify signatures with it (Standard Webhooks).\n')
    return [`id      ${added.id}`, `url     ${added.url}`, `secret  ${added.secret}`].join('\n')
  })

/** What was kept meanwhile is sent, in order. */
export const enableEndpoint = (id: string) => setEnabled(id, true)
/** What comes is kept until it is enabled again. */
export const disableEndpoint = (id: string) => setEnabled(id, false)

const setEnabled = (id: string, enabled: boolean) =>
  runVerb(async api => {
    await callApi(api, { method: 'PATCH', path: at(id), body: { enabled }, answer: endpoint })
    return `${enabled ? 'enabled' : 'disabled'} ${id}`
  })

export const removeEndpoint = (id: string) =>
  runVerb(async api => {
    await callApi(api, { method: 'DELETE', path: at(id), answer: nothing })
    return `removed ${id}`
  })
