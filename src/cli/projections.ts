// zaplog projections: what is made of the log, which accounts are left out of it because of one record, and what is done about that: the account
// is projected again from that record on, or without it.
import { z } from 'zod'
import { wait } from '../runtime/wait.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'
import { type Result, runVerb } from './run-verb.ts'
import { shellWord } from './shell-word.ts'
import { watchStopSignals } from './stop-signals.ts'
import { textTable } from './text-table.ts'

const left = z.looseObject({
  key: z.string(),
  topic: z.string(),
  partition: z.number(),
  offset: z.string(),
  error: z.string(),
  since: z.string(),
  held: z.number().nullable(),
  asked: z.string().nullable(),
})
type Left = z.infer<typeof left>
const projection = z.looseObject({
  name: z.string(),
  version: z.number(),
  state: z.string(),
  lagRecords: z.number(),
  lagMs: z.number().nullable(),
  keys: z.array(left),
  skipped: z.array(z.looseObject({ key: z.string() })),
})
type Projection = z.infer<typeof projection>
const projections = z.looseObject({ data: z.array(projection) })

const LOOK_EVERY_MS = 500
const PATIENCE_MS = 60_000

export const listProjections = () =>
  runVerb(async api => {
    const json = await read(api)
    return { json, text: projectionsText(json.data, api.zaplog) }
  })

export type Doing = 'resume' | 'skip'
export const changeKey = (doing: Doing, key: string, options: { projection?: string | undefined; wait?: boolean | undefined }) =>
  runVerb(api => changeOnce(api, { doing, key, ...options }, watchStopSignals()))

/** Of one account, what waits for it is not counted: it may be asked for again and again. */
function read(api: ApiSettings, key?: string) {
  const path = key === undefined ? '/v1/projections' : `/v1/projections?key=${encodeURIComponent(key)}`
  return callApi(api, { doing: 'reading the projections', method: 'GET', path, answer: projections })
}

/** Pure. */
export function projectionsText(all: readonly Projection[], zaplog: string): string {
  const rows = all.map(one => [
    `${one.name} ${one.version}`,
    one.state,
    String(one.lagRecords),
    one.lagMs === null ? 'unknown' : (one.lagMs / 1000).toFixed(1),
    String(one.keys.length),
    String(one.skipped.length),
  ])
  const table = textTable(['projection', 'state', 'behind', 'seconds', 'left out', 'skipped'], rows)
  const keys = all.flatMap(one => one.keys.map(key => ({ one, key })))
  if (keys.length === 0) return `${table}\n\nno account is left out`
  const cells = keys.map(({ one, key }) => [
    key.key,
    one.name,
    `${key.topic} ${key.partition} at ${key.offset}`,
    key.held === null ? 'many' : String(key.held),
    key.since,
    key.error,
  ])
  const leftOut = textTable(['account', 'left out of', 'since record', 'held', 'since', 'why'], cells)
  const verbs = `${zaplog} projections resume <account>, once what is wrong is mended; ${zaplog} projections skip <account>, without that record`
  return `${table}\n\n${leftOut}\n\n${verbs}`
}

type Change = { doing: Doing; key: string; projection?: string | undefined; wait?: boolean | undefined }

/** Rejects CallFailed, also where nothing leaves it out, or where it is left out still. */
export async function changeOnce(api: ApiSettings, change: Change, stopping: AbortSignal): Promise<Result> {
  const { doing, key } = change
  const those = (await read(api, key)).data.filter(one => one.keys.some(of => of.key === key))
  const meant = change.projection === undefined ? those : those.filter(one => one.name === change.projection)
  if (meant.length === 0)
    throw new CallFailed(
      `${change.projection ?? 'no projection'} ${change.projection === undefined ? 'leaves' : 'does not leave'} out ${key}: ${api.zaplog} projections list`,
    )
  if (doing === 'skip' && meant.length > 1)
    throw new CallFailed(`${names(meant)} leave out ${key}, each because of a record of its own: say which with --projection`)
  for (const one of meant) await ask(api, one, change)
  const asked = { doing, key, projections: meant.map(one => one.name) }
  if (change.wait === false) return { json: { ...asked, done: false }, text: `asked for: ${doing} of ${key} in ${names(meant)}` }
  return follow(api, { ...change, meant }, stopping)
}

const names = (those: readonly Projection[]): string => those.map(one => one.name).join(' and ')

const ask = (api: ApiSettings, one: Projection, { doing, key }: Change) => {
  const offset = one.keys.find(of => of.key === key)?.offset
  return callApi(api, {
    doing: `${doing === 'skip' ? 'skipping a record of' : 'resuming'} ${key} in ${one.name}`,
    method: 'POST',
    path: `/v1/projections/${encodeURIComponent(one.name)}/keys/${encodeURIComponent(key)}/${doing}`,
    body: doing === 'skip' && offset !== undefined ? { offset } : {},
    answer: z.looseObject({}),
  })
}

async function follow(api: ApiSettings, of: Change & { meant: readonly Projection[] }, stopping: AbortSignal): Promise<Result> {
  const { doing, key, meant } = of
  const json = { doing, key, projections: meant.map(one => one.name) }
  const patience = AbortSignal.any([stopping, AbortSignal.timeout(PATIENCE_MS)])
  do {
    const still = (await read(api, key)).data.flatMap(one =>
      meant.some(({ name }) => name === one.name) ? one.keys.filter(left => left.key === key).map(left => ({ one, left })) : [],
    )
    const [failed] = still.filter(({ left }) => left.asked === null)
    if (failed !== undefined) throw stillLeftOut(failed.one, failed.left, json)
    if (still.length === 0) return { json: { ...json, done: true }, text: `${key} is projected again by ${names(meant)}` }
  } while (await wait(LOOK_EVERY_MS, patience))
  throw new CallFailed(`stopped waiting, it is asked for and goes on; ${api.zaplog} projections list tells how it stands`, {
    exitCode: exitCodes.tryLater,
    rest: { asked: json },
  })
}

const stillLeftOut = ({ name }: Projection, { key, topic, partition, offset, error }: Left, asked: object): CallFailed =>
  new CallFailed(`${name} leaves out ${shellWord(key)} still, since ${topic} partition ${partition} offset ${offset}: ${error}`, {
    rest: { asked },
  })
