// zaplog status: whether it works, what keeps it from working, and its accounts and endpoints, at a glance.
import { z } from 'zod'
import { endpoint, type Instance, instance, type Rebuild, rebuild } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi, listAll, readHealth } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'
import { columnsOf, fitText } from './fit-terminal.ts'
import { instanceTable } from './instances.ts'
import { runVerb } from './run-verb.ts'
import { plainText } from './text-table.ts'

const version = z.looseObject({ version: z.string() })

/** Ends with 0 where zaplog can take requests, also where a part is degraded; else with 75, or 1 where only a restart may help. */
export const showStatus = () =>
  runVerb(async api => {
    const health = await readHealth(api)
    const works = health.status === 'ok' || health.status === 'degraded'
    if (!works) process.exitCode = health.status === 'failed' ? exitCodes.failed : exitCodes.tryLater
    const about = works ? await readAll(api) : null
    const json = { url: api.base, ...health, ...about }
    const troubles = health.checks.filter(one => one.state !== 'ok').map(one => `  ${one.name}: ${plainText(one.detail)}`)
    const head = `zaplog${about === null ? '' : ` ${about.version}`} at ${api.base} is ${health.status}`
    return {
      json,
      text: fitText(
        [head, ...troubles, ...(about === null ? [] : ['', ...summary(about, api)])].join('\n'),
        columnsOf(process.stdout),
      ),
    }
  })

async function readAll(api: ApiSettings) {
  const about = await callApi(api, { doing: 'asking for the version', method: 'GET', path: '/v1/version', answer: version })
  const instances = await listAll(api, { doing: 'reading the instances', path: '/v1/instances' }, instance)
  const endpoints = await listAll(api, { doing: 'reading the endpoints', path: '/v1/endpoints' }, endpoint)
  const waiting = (await readRebuilds(api)).filter(one => one.state === 'ready' && one.wanted === null && one.why !== null)
  return { version: about.version, instances, endpoints, waitingRebuilds: waiting }
}

const someRebuilds = z.looseObject({ data: z.array(rebuild) })

/** How a zaplog of a version without rebuilds refuses to list them. */
const ofAnEarlierVersion = ['not-found', 'not-in-this-version']

/** The newest. */
async function readRebuilds(api: ApiSettings): Promise<readonly Rebuild[]> {
  const call = { doing: 'reading the rebuilds', method: 'GET', path: '/v1/rebuilds?limit=5', answer: someRebuilds }
  try {
    return (await callApi(api, call)).data
  } catch (error) {
    if (error instanceof CallFailed && ofAnEarlierVersion.includes(error.slug ?? '')) return []
    throw error
  }
}

/** Until somebody swaps it in, or cancels it, its tables take room. */
const waitingLines = (rebuilds: readonly Rebuild[], zaplog: string): readonly string[] =>
  rebuilds.map(({ id, why }) => plainText(`rebuild ${id} waits for its swap: ${why}; ${zaplog} rebuilds status ${id} says more`))

function summary(about: Awaited<ReturnType<typeof readAll>>, { zaplog }: ApiSettings): readonly string[] {
  const { instances, endpoints } = about
  const rebuilds = waitingLines(about.waitingRebuilds, zaplog)
  const enabled = endpoints.filter(one => one.enabled).length
  const failing = endpoints.filter(one => one.enabled && one.failingSince !== undefined).length
  const trouble = failing === 0 ? '' : `, ${failing} failing: ${zaplog} webhooks list says why`
  const receivers = `endpoints  ${endpoints.length}${endpoints.length === 0 ? '' : `, ${enabled} enabled`}${trouble}`
  if (instances.length === 0)
    return [`instances  0; ${zaplog} instances create --name "Support" makes one`, receivers, ...rebuilds]
  return [`instances  ${instances.length}: ${countsOf(instances)}`, receivers, ...rebuilds, '', instanceTable(instances)]
}

function countsOf(instances: readonly Instance[]): string {
  const byState = Map.groupBy(instances, one => one.state)
  return [...byState].map(([state, those]) => `${those.length} ${state}`).join(', ')
}
