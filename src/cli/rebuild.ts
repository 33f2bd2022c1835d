// zaplog rebuild read-model: the read model is made again from the log. With --watch it is followed until it is swapped in, or waits for
// somebody: how far it is on stderr, what it is at last on stdout.
import { z } from 'zod'
import { wait } from '../runtime/wait.ts'
import { type Rebuild, rebuild as rebuildAnswer } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { answerText } from './calls/answer-text.ts'
import { exitCodes } from './exit-codes.ts'
import { createReminder } from './follow-qr.ts'
import { type Result, runVerb } from './run-verb.ts'
import { say } from './say.ts'
import { shellWord } from './shell-word.ts'
import { watchStopSignals } from './stop-signals.ts'
import { plainText } from './text-table.ts'

export type RebuildOptions = { dryRun?: boolean | undefined; swap?: boolean | undefined; watch?: boolean | undefined }
type How = { say(line: string): void; stopping: AbortSignal }

const LOOK_EVERY_MS = 500
const REMIND_EVERY_MS = 5_000

export const rebuildVerb = (projection: string, options: RebuildOptions) =>
  runVerb(api => rebuildOnce(api, projection, options, { say, stopping: watchStopSignals() }))

/** Rejects CallFailed, also where the rebuild that is watched failed, or was told to stop waiting for it. */
export async function rebuildOnce(api: ApiSettings, projection: string, options: RebuildOptions, how: How): Promise<Result> {
  const { dryRun = false, swap = true, watch = false } = options
  const body = { projection, swap: swap ? 'auto' : 'manual', dryRun }
  const beginning = { doing: `rebuilding ${projection}`, method: 'POST', path: '/v1/rebuilds', body } as const
  if (dryRun) {
    const planned = await callApi(api, { ...beginning, answer: z.looseObject({ records: z.number() }) })
    return { json: planned, text: answerText(planned) }
  }
  const begun = await callApi(api, { ...beginning, answer: rebuildAnswer })
  return watch ? follow(api, begun, how) : { json: begun, text: begun.id }
}

const read = (api: ApiSettings, id: string): Promise<Rebuild> =>
  callApi(api, {
    doing: `reading the rebuild ${id}`,
    method: 'GET',
    path: `/v1/rebuilds/${encodeURIComponent(id)}`,
    answer: rebuildAnswer,
  })

async function follow(api: ApiSettings, begun: Rebuild, how: How): Promise<Result> {
  const isDue = createReminder(REMIND_EVERY_MS)
  for (let seen = begun; ; seen = await read(api, begun.id)) {
    const line = describeRebuild(seen)
    if (isOver(seen)) return over(seen, line)
    if (isDue(line, performance.now())) how.say(line)
    if (!(await wait(LOOK_EVERY_MS, how.stopping)))
      throw new CallFailed(
        `stopped waiting, the rebuild goes on; ${api.zaplog} rebuilds status ${shellWord(begun.id)} tells how far it is`,
        { exitCode: exitCodes.tryLater, rest: { rebuild: seen } },
      )
  }
}

/** One that is ready and says why does not go on by itself. */
const isOver = ({ state, why }: Rebuild): boolean =>
  state === 'ready' ? why !== null : !['filling', 'comparing'].includes(state)

function over(rebuild: Rebuild, line: string): Result {
  if (rebuild.state !== 'failed') return { json: rebuild, text: line }
  throw new CallFailed(`it failed: ${plainText(rebuild.why ?? 'nobody said why')}`, { rest: { rebuild } })
}

const count = (number: number): string => number.toLocaleString('en')

/** Pure. */
export function describeRebuild({ projection, state, why, records, percent, perSecond, secondsLeft, compared }: Rebuild): string {
  const sum = (of: 'missing' | 'extra' | 'differing' | 'copied') => (compared ?? []).reduce((all, one) => all + one[of], 0)
  const parts = [
    `${projection}: ${state}`,
    ...(records === null || percent === null ? [] : [`${percent} % of ${count(records)} records`]),
    ...(perSecond === null ? [] : [`${count(perSecond)} a second`]),
    ...(secondsLeft === null ? [] : [`${count(secondsLeft)} s left`]),
    ...(compared === null
      ? []
      : [`${count(sum('missing') + sum('extra') + sum('differing'))} rows differ, ${count(sum('copied'))} were copied`]),
    ...(why === null ? [] : [why]),
  ]
  return plainText(parts.join(', '))
}
