// zaplog webhooks …: endpoints from the command line.
import { callApi, runVerb } from './call-api.ts'
import { textTable } from './text-table.ts'

type Endpoint = {
  id: string
  url: string
  enabled: boolean
  eventTypes?: readonly string[] | null
  instanceIds?: readonly string[] | null
  secret?: string
}

export const listEndpoints = (options: { json?: boolean }) =>
  runVerb(async () => {
    const { data } = (await callApi({ method: 'GET', path: '/v1/endpoints?limit=200' })) as { data: Endpoint[] }
    if (options.json) return JSON.stringify(data)
    return textTable(
      ['id', 'url', 'enabled', 'types', 'instances'],
      data.map(one => [
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
    const endpoint = (await callApi({ method: 'POST', path: '/v1/endpoints', body })) as Endpoint
    if (options.json) return JSON.stringify(endpoint)
    process.stderr.write('The secret is shown this once; receivers verify signatures with it (Standard Webhooks).\n')
    return `${endpoint.id}\n${endpoint.secret ?? ''}`
  })

export const removeEndpoint = (id: string) =>
  runVerb(async () => {
    await callApi({ method: 'DELETE', path: `/v1/endpoints/${encodeURIComponent(id)}` })
    return `removed ${id}`
  })
