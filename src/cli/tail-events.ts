// zaplog events tail: prints what happens as it happens. Where the connection ends, or zaplog is away for a while, it goes on behind the last
// event that arrived; what the log no longer has by then is said.
import { z } from 'zod'
import { describeError } from '../runtime/logger.ts'
import { wait } from '../runtime/wait.ts'
import type { ApiSettings } from './api-settings.ts'
import { callStream } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { onStderr } from './colours.ts'
import { describeAmongOthers } from './describe-webhook.ts'
import { exitCodes } from './exit-codes.ts'
import { createReminder } from './follow-qr.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { describeLoss } from './lost-output.ts'
import { namedBy } from './name-fields.ts'
import { jsonLine } from './print-json.ts'
import { readServerSent, type ServerSent } from './read-server-sent.ts'
import { type Result, runVerb } from './run-verb.ts'
import { say } from './say.ts'
import { createSilenceWatch } from './silence-watch.ts'
import { watchStopSignals } from './stop-signals.ts'
import { plainText } from './text-table.ts'

type Options = { type?: readonly string[]; instance?: readonly string[]; after?: string; outputLost: AbortSignal }
/** `id`: where to go on; null: from now on. A connection that is silent for longer than `silenceMs` is given up. */
export type Tail = { path: string; id: string | null; events: number; silenceMs: number }

const ASK_AGAIN_MS = 1_000
const REMIND_EVERY_MS = 20_000
/** A comment comes every 15 s: whoever hears nothing for three of them has lost the connection, whether it was closed or not. */
const SILENCE_MS = 45_000

export const tailEvents = (options: Options) =>
  runVerb(async api => {
    const stopping = AbortSignal.any([watchStopSignals(), options.outputLost])
    const tail = { path: pathOf(options), id: options.after ?? null, events: 0, silenceMs: SILENCE_MS }
    await tailUntilStopped(api, tail, stopping)
    if (options.outputLost.aborted) throw new CallFailed(`${describeLoss(options.outputLost)}: ${stopped(tail).text}`)
    return stopped(tail)
  })

function pathOf({ type, instance }: Options): string {
  const query = new URLSearchParams()
  if (type !== undefined) query.set('types', type.join(','))
  if (instance !== undefined) query.set('instanceId', instance.join(','))
  return query.size === 0 ? '/v1/stream' : `/v1/stream?${query}`
}

/** Rejects CallFailed where asking again cannot help, and where zaplog was not there to begin with. */
export async function tailUntilStopped(api: ApiSettings, tail: Tail, stopping: AbortSignal): Promise<void> {
  const isDue = createReminder(REMIND_EVERY_MS)
  let isConnected = false
  let isAway = false
  while (!stopping.aborted) {
    const silence = createSilenceWatch(tail.silenceMs)
    const signal = AbortSignal.any([stopping, silence.signal])
    try {
      const headers = tail.id === null ? {} : { 'last-event-id': tail.id }
      const bytes = await callStream(api, { doing: 'following events', method: 'GET', path: tail.path, headers, nameOf }, signal)
      if (!isConnected) say(`following events; ${onStderr.dim('Ctrl-C ends it')}`)
      else if (isAway) say('zaplog is there again: following events behind the last one that arrived')
      isConnected = true
      isAway = false
      for await (const one of readServerSent(silence.watch(bytes))) take(tail, one)
    } catch (error) {
      if (stopping.aborted) return
      if (error instanceof CallFailed && (!isConnected || error.exitCode !== exitCodes.tryLater)) throw error
      const what = error instanceof CallFailed ? error.message : `the connection to zaplog ended${whySilent(silence.signal)}`
      isAway = true
      if (isDue(what, performance.now())) say(`${what}; asking again`)
    } finally {
      silence.stop()
    }
    await wait(ASK_AGAIN_MS, stopping)
  }
}

const nameOf = namedBy({ types: '--type', instanceId: '--instance', 'last-event-id': '--after' })

const whySilent = ({ aborted, reason }: AbortSignal): string => (aborted ? `: ${describeError(reason)}` : '')

function take(tail: Tail, { id, event, data }: ServerSent): void {
  if (id !== '') tail.id = id
  if (data === null) return
  const body: unknown = JSON.parse(data)
  if (event === 'stream.ended') {
    say(plainText(`zaplog ended it: ${ended.safeParse(body).data?.data.detail ?? 'it does not say why'}`))
    return
  }
  tail.events += 1
  process.stdout.write(jsonIsWanted() ? jsonLine(body) : `${describeAmongOthers(body)}\n`)
}

const ended = z.looseObject({ data: z.looseObject({ detail: z.string() }) })

const stopped = ({ events, id }: Tail): Result => ({ text: `stopped after ${events} events`, json: { ended: { events, id } } })
