// zaplog rebuild read-model, and rebuilds status, swap and rollback: the read model is made again from the log. It is followed until it is swapped
// in, or waits for somebody, and a swap until it is done: how far it is on stderr, what it is at last on stdout.
import { z } from 'zod'
import { wait } from '../runtime/wait.ts'
import { type Rebuild, rebuild as rebuildAnswer } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { answerText } from './calls/answer-text.ts'
import { describeRebuild, progressOf, rebuildText, waitsForSomebody } from './describe-rebuild.ts'
import { exitCodes } from './exit-codes.ts'
import { openProgressLine, type ProgressLine } from './progress-line.ts'
import { type Result, runVerb } from './run-verb.ts'
import { shellWord } from './shell-word.ts'
import { watchStopSignals } from './stop-signals.ts'
import { plainText } from './text-table.ts'

export type RebuildOptions = { dryRun?: boolean | undefined; swap?: boolean | undefined; wait?: boolean | undefined }
type How = { progress: ProgressLine; stopping: AbortSignal }

const LOOK_EVERY_MS = 500

const following = (): How => ({ progress: openProgressLine(), stopping: watchStopSignals() })

export const rebuildVerb = (projection: string, options: RebuildOptions) =>
  runVerb(api => rebuildOnce(api, projection, options, following()))

/** `watch`: until it is over, or waits for somebody; else as it is now. */
export const rebuildStatus = (id: string, { watch = false }: { watch?: boolean }) =>
  runVerb(async api => {
    const now = await read(api, id)
    const json = watch ? await follow(api, now, { ...following(), until: isOver }) : now
    return { json, text: rebuildText(json) }
  })

/** `wait`: until it is done. */
export const exchangeVerb = (id: string, what: 'swap' | 'rollback', options: { wait?: boolean }) =>
  runVerb(api => exchangeOnce(api, id, what, { ...options, ...following() }))

/** Rejects CallFailed, also where the rebuild that is followed failed, or was told to stop waiting for it. */
export async function rebuildOnce(api: ApiSettings, projection: string, options: RebuildOptions, how: How): Promise<Result> {
  const { dryRun = false, swap = true } = options
  const body = { projection, swap: swap ? 'auto' : 'manual', dryRun }
  const beginning = { doing: `rebuilding ${projection}`, method: 'POST', path: '/v1/rebuilds', body } as const
  if (dryRun) {
    const planned = await callApi(api, { ...beginning, answer: z.looseObject({ records: z.number() }) })
    return { json: planned, text: answerText(planned) }
  }
  const begun = await callApi(api, { ...beginning, answer: rebuildAnswer })
  if (options.wait === false) return { json: begun, text: begun.id }
  return said(await follow(api, begun, { ...how, until: isOver }))
}

/** As `rebuildOnce` rejects. */
export async function exchangeOnce(
  api: ApiSettings,
  id: string,
  what: 'swap' | 'rollback',
  how: How & { wait?: boolean },
): Promise<Result> {
  const path = `/v1/rebuilds/${encodeURIComponent(id)}/${what}`
  const asked = await callApi(api, { doing: `asking for a ${what} of ${id}`, method: 'POST', path, answer: rebuildAnswer })
  if (how.wait === false) return { json: asked, text: describeRebuild(asked) }
  return said(await follow(api, asked, { ...how, until: ({ wanted }) => wanted === null }))
}

const read = (api: ApiSettings, id: string): Promise<Rebuild> =>
  callApi(api, {
    doing: `reading the rebuild ${id}`,
    method: 'GET',
    path: `/v1/rebuilds/${encodeURIComponent(id)}`,
    answer: rebuildAnswer,
  })

async function follow(
  api: ApiSettings,
  begun: Rebuild,
  { progress, stopping, until }: How & { until(rebuild: Rebuild): boolean },
): Promise<Rebuild> {
  try {
    for (let seen = begun; ; seen = await read(api, begun.id)) {
      if (until(seen)) return refuseFailed(seen)
      progress.show(progressOf(seen))
      if (!(await wait(LOOK_EVERY_MS, stopping))) throw stoppedWaiting(api, seen)
    }
  } finally {
    progress.close()
  }
}

function stoppedWaiting({ zaplog }: ApiSettings, rebuild: Rebuild): CallFailed {
  const further = `the rebuild goes on; ${zaplog} rebuilds status ${shellWord(rebuild.id)} --watch follows it again`
  return new CallFailed(`stopped waiting, ${further}`, { exitCode: exitCodes.tryLater, rest: { rebuild } })
}

const isOver = (rebuild: Rebuild): boolean =>
  rebuild.state === 'ready' ? waitsForSomebody(rebuild) : !['filling', 'comparing'].includes(rebuild.state)

function refuseFailed(rebuild: Rebuild): Rebuild {
  if (rebuild.state !== 'failed') return rebuild
  throw new CallFailed(`it failed: ${plainText(rebuild.why ?? 'nobody said why')}`, { rest: { rebuild } })
}

const said = (rebuild: Rebuild): Result => ({ json: rebuild, text: describeRebuild(rebuild) })
