// zaplog webhooks listen: receives webhooks without a URL. Deliveries come down a connection that it opens itself, are verified, printed, and
// with --forward handed on to a receiver on this machine, whose answer counts. It is gone when it ends, with what it was still owed.
import { hostname, userInfo } from 'node:os'
import { CommanderError } from 'commander'
import { ended, type HandedDelivery, type Listener, newListener } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { onStderr } from './colours.ts'
import { exitCodes } from './exit-codes.ts'
import { followListener } from './follow-listener.ts'
import { type Forward, openForward } from './forward-webhook.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { describeLoss } from './lost-output.ts'
import { jsonLine } from './print-json.ts'
import { receiveWebhook } from './receive-webhook.ts'
import { type Result, runVerb } from './run-verb.ts'
import { say } from './say.ts'
import { sayFilters } from './say-filters.ts'
import { watchStopSignals } from './stop-signals.ts'
import { plainText } from './text-table.ts'

type Options = {
  forward?: string
  /** Of the receiver that it is handed on to. */
  secret?: string
  types?: readonly string[]
  instance?: readonly string[]
  snapshots?: true
  outputLost: AbortSignal
}

/** Throws CommanderError for a secret that nothing would be signed with. */
export function listen(options: Options): Promise<void> {
  if (options.secret !== undefined && options.forward === undefined)
    throw new CommanderError(
      exitCodes.usage,
      'zaplog.secret',
      'expected --forward with --secret: what is handed on is signed with it',
    )
  return runVerb(async api => {
    const stopping = AbortSignal.any([watchStopSignals(), options.outputLost])
    const forward = options.forward === undefined ? null : openForward(options.forward, options.secret ?? null)
    try {
      return await listenUntilStopped(api, { options, forward, stopping })
    } finally {
      await forward?.close()
    }
  })
}

type Run = { options: Options; forward: Forward | null; stopping: AbortSignal }

/** Where it was away for too long, another listener takes over, from then on. */
async function listenUntilStopped(api: ApiSettings, { options, forward, stopping }: Run): Promise<Result> {
  for (;;) {
    const listener = await open(api, options, stopping)
    if (listener === null) return stopped(0)
    announce(listener, options)
    const { id, secret } = listener
    const take = (handed: HandedDelivery, signal: AbortSignal) => receiveWebhook(handed, { secret, forward }, signal)
    const end = await followListener(api, { id, take, say }, stopping)
    if (end.kind === 'gone') {
      say(`${id} has ended: nothing was heard of it for a minute, and what waited for it was dropped`)
      continue
    }
    const result = await close(api, id)
    if (end.kind === 'disabled') throw new CallFailed(`${plainText(end.reason)}; ${result.text}`)
    if (options.outputLost.aborted) throw new CallFailed(`${describeLoss(options.outputLost)}: ${result.text}`)
    return result
  }
}

/** null: told to stop before it was answered; one that was opened all the same is silent from then on. */
async function open(api: ApiSettings, { types, instance, snapshots }: Options, signal: AbortSignal): Promise<Listener | null> {
  const filters = {
    ...(types && { eventTypes: types }),
    ...(instance && { instanceIds: instance }),
    ...(snapshots && { snapshots }),
  }
  const body = { name: whoListens(), ...filters }
  const call = { doing: 'listening', method: 'POST', path: '/v1/listeners', body, answer: newListener }
  try {
    return await callApi(api, call, signal)
  } catch (error) {
    if (signal.aborted) return null
    throw error
  }
}

/** Shown to whoever asks who listens. A user need not have a name. */
function whoListens(): string {
  try {
    return `${userInfo().username}@${hostname()}`.slice(0, 100)
  } catch {
    return hostname().slice(0, 100) || 'a listener'
  }
}

function announce(listener: Listener, { forward, secret: own }: Options): void {
  const { id, secret } = listener
  if (jsonIsWanted()) process.stdout.write(jsonLine({ listening: { id, secret } }))
  say(`listening as ${onStderr.bold(id)}${forward === undefined ? '' : `, forwarding to ${forward}`}; Ctrl-C ends it`)
  const what =
    own === undefined
      ? `its secret, until then: ${secret} (each listen has its own)`
      : 'signed anew with the secret that was given'
  say(onStderr.dim(what))
  sayFilters(listener)
}

const CLOSES_WITHIN_MS = 5_000

async function close(api: ApiSettings, id: string): Promise<Result> {
  const call = { doing: `ending ${id}`, method: 'DELETE', path: `/v1/listeners/${id}`, answer: ended }
  try {
    const { dropped } = await callApi(api, call, AbortSignal.timeout(CLOSES_WITHIN_MS))
    return stopped(dropped)
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    say(`${error.message}; the listener ends by itself within a minute`)
    return stopped(null)
  }
}

/** `dropped`: null where nobody could say. */
const stopped = (dropped: number | null): Result => ({
  text: dropped ? `stopped listening; ${dropped} that waited for it are dropped` : 'stopped listening',
  json: { ended: { dropped } },
})
