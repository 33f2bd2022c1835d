// zaplog webhooks …: endpoints from the command line.
import { isEndpoint, isNewEndpoint, isNothing } from './answers.ts'
import { callApi, listAll, runVerb } from './call-api.ts'
import { textTable } from './text-table.ts'

export const listEndpoints = (options: { json?: boolean }) =>
  runVerb(async () => {
    const all = await listAll('/v1/endpoints', isEndpoint)
    if (options.json) return JSON.stringify(all)
    return textTable(
      ['id', 'url', 'enabled', 'types', 'instances'],
      all.map(one => [
        one.id,
        one.url,
        one.enabled ? 'yes' : 'no',
        one.eventTypes?.join(' ') ?? 'default',
        one.instanceIds?.join(' ') ?? 'all',
      ]),
    )
  })

export const addEndpoint = (
  url: string,
  options: { instance?: string[]; types?: string[]; holdMedia?: string; json?: boolean },
) =>
  runVerb(async () => {
    const holdMedia =
      options.holdMedia === undefined || options.holdMedia === 'until-settled' ? options.holdMedia : Number(options.holdMedia)
    const body = {
      url,
      ...(options.instance && { instanceIds: options.instance }),
      ...(options.types && { eventTypes: options.types }),
      ...(holdMedia === undefined ? {} : { holdMedia }),
    }
    const endpoint = await callApi({ method: 'POST', path: '/v1/endpoints', body }, isNewEndpoint)
    if (options.json) return JSON.stringify(endpoint)
    process.stderr.write('The secret is shown this once; receivers verify signatures with it (Standard Webhooks).\n')
    return [`id      ${endpoint.id}`, `url     ${endpoint.url}`, `secret  ${endpoint.secret}`].join('\n')
  })

export const removeEndpoint = (id: string) =>
  runVerb(async () => {
    await callApi({ method: 'DELETE', path: `/v1/endpoints/${encodeURIComponent(id)}` }, isNothing)
    return `removed ${id}`
  })
