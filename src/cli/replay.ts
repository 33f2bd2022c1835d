// zaplog replay, and replays status: a range of the log is copied into a topic of its own. It is followed to its end: how far it is on stderr, what
// it is at last on stdout.
import { z } from 'zod'
import { wait } from '../runtime/wait.ts'
import { type Replay, replay as replayAnswer } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { answerText } from './calls/answer-text.ts'
import { exitCodes } from './exit-codes.ts'
import { namedBy } from './name-fields.ts'
import { openProgressLine, type Progress, type ProgressLine } from './progress-line.ts'
import { type Result, runVerb } from './run-verb.ts'
import { shellWord } from './shell-word.ts'
import { watchStopSignals } from './stop-signals.ts'
import { plainText } from './text-table.ts'

export type ReplayOptions = {
  from?: string | undefined
  to?: string | undefined
  until?: string | undefined
  topic?: readonly string[] | undefined
  instance?: readonly string[] | undefined
  type?: readonly string[] | undefined
  chat?: readonly string[] | undefined
  rate?: number | undefined
  follow?: boolean | undefined
  perType?: boolean | undefined
  marker?: boolean | undefined
  dryRun?: boolean | undefined
  wait?: boolean | undefined
}
type How = { progress: ProgressLine; stopping: AbortSignal }

const LOOK_EVERY_MS = 500

export const replayVerb = (id: string | undefined, options: ReplayOptions) =>
  runVerb(api => replayOnce(api, id, options, { progress: openProgressLine(), stopping: watchStopSignals() }))

/** `watch`: to its end; else as it is now, with its partitions. */
export const replayStatus = (id: string, { watch = false }: { watch?: boolean }) =>
  watch
    ? replayVerb(id, {})
    : runVerb(async api => {
        const json = await read(api, id)
        const [from, until] = [json.fromAt ?? json.from, json.untilAt ?? json.until]
        return { json, text: answerText({ ...json, from, until, fromAt: null, untilAt: null }) }
      })

/** Rejects CallFailed, also where the replay failed, or was told to stop waiting for it. */
export async function replayOnce(api: ApiSettings, id: string | undefined, options: ReplayOptions, how: How): Promise<Result> {
  if (id !== undefined) return follow(api, await read(api, id), how)
  const body = bodyOf(options)
  if (options.dryRun === true) {
    const counted = await callApi(api, { ...beginning, body, answer: z.looseObject({ matched: z.number() }) })
    return { json: counted, text: answerText(counted) }
  }
  const begun = await callApi(api, { ...beginning, body, answer: replayAnswer })
  return options.wait === false ? { json: begun, text: begun.id } : follow(api, begun, how)
}

const beginning = {
  ...{ doing: 'beginning a replay', method: 'POST', path: '/v1/replays' },
  nameOf: namedBy({
    ...{ name: '--to', from: '--from', until: '--until', topics: '--topic', types: '--type', rate: '--rate' },
    ...{ instanceIds: '--instance', chats: '--chat', follow: '--follow', perType: '--per-type' },
  }),
}

const read = (api: ApiSettings, id: string): Promise<Replay> =>
  callApi(api, {
    doing: `reading the replay ${id}`,
    method: 'GET',
    path: `/v1/replays/${encodeURIComponent(id)}`,
    answer: replayAnswer,
  })

/** Of all that is typed what the call takes. Throws CallFailed where it does not say from where, or to where. */
export function bodyOf({ from, to, until, topic, instance, type, chat, rate, follow, perType, marker, dryRun }: ReplayOptions) {
  if (from === undefined || to === undefined)
    throw new CallFailed('expected --from and --to, or the id of a replay to follow', { exitCode: exitCodes.usage })
  return {
    ...{ rate, follow, perType, marker, dryRun },
    name: to,
    from: edgeOf(from),
    ...(until !== undefined && { until: edgeOf(until) }),
    ...(topic !== undefined && { topics: topic }),
    ...(instance !== undefined && { instanceIds: instance }),
    ...(type !== undefined && { types: type }),
    ...(chat !== undefined && { chats: chat }),
  }
}

/** 0=120,1=77 is an offset for each partition; all else is for zaplog to read. */
const edgeOf = (text: string): unknown =>
  /^\d+=\d+(,\d+=\d+)*$/.test(text) ? Object.fromEntries(text.split(',').map(one => one.split('='))) : text

async function follow(api: ApiSettings, begun: Replay, how: How): Promise<Result> {
  try {
    for (let seen = begun; ; seen = await read(api, begun.id)) {
      if (isOver(seen)) return over(seen)
      how.progress.show(progressOf(seen))
      if (!(await wait(LOOK_EVERY_MS, how.stopping))) throw stoppedWaiting(api, seen)
    }
  } finally {
    how.progress.close()
  }
}

function stoppedWaiting({ zaplog }: ApiSettings, replay: Replay): CallFailed {
  const id = shellWord(replay.id)
  const further =
    replay.state === 'paused'
      ? `the replay is paused; ${zaplog} replays resume ${id} lets it go on`
      : `the replay goes on; ${zaplog} replay ${id} follows it again`
  return new CallFailed(`stopped waiting, ${further}`, { exitCode: exitCodes.tryLater, rest: { replay } })
}

const isOver = ({ state }: Replay): boolean => ['done', 'failed', 'cancelled'].includes(state)

function over(replay: Replay): Result {
  if (replay.state !== 'failed') return { json: replay, text: describeReplay(replay) }
  throw new CallFailed(`it failed: ${plainText(replay.why ?? 'nobody said why')}`, { rest: { replay } })
}

const count = (number: number): string => number.toLocaleString('en')

/** Pure. */
export function progressOf(replay: Replay): Progress {
  const { name, state, records, read, percent, perSecond, secondsLeft } = replay
  const said = [
    ...(secondsLeft === null || state !== 'running' ? [] : [`${count(secondsLeft)} s left`]),
    ...(perSecond === null ? [] : [`${count(perSecond)} a second`]),
    `${name}: ${state}`,
    records === null ? `${count(read)} read, goes on with what comes` : `${count(read)} of ${count(records)} read`,
  ]
  return { share: percent === null ? null : percent / 100, stage: state, said: said.map(plainText), line: describeReplay(replay) }
}

/** Pure. */
export function describeReplay({
  name,
  state,
  records,
  read,
  written,
  percent,
  perSecond,
  secondsLeft,
  targets,
}: Replay): string {
  const share = records === null ? `${count(read)} read` : `${percent} % of ${count(records)}`
  const parts = [
    `${name}: ${state}`,
    share,
    `${count(written)} copied to ${targets.join(', ') || 'no topic yet'}`,
    ...(perSecond === null ? [] : [`${count(perSecond)} a second`]),
    ...(secondsLeft === null || state !== 'running' ? [] : [`${count(secondsLeft)} s left`]),
  ]
  return plainText(parts.join(', '))
}
