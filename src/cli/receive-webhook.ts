// One webhook of a listener: verified, handed on where that is asked for, and told on stdout: a line for people, or with --json a document.
import type { HandedDelivery, ListenerAnswer } from './answers.ts'
import { shown as colours } from './colours.ts'
import { describeAmongOthers } from './describe-webhook.ts'
import type { Forward } from './forward-webhook.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { jsonLine } from './print-json.ts'
import { plainText } from './text-table.ts'
import { refuseSignature } from './verify-webhook.ts'

type Receiver = { secret: string; forward: Forward | null }

/** What is not signed with the secret is refused, and never handed on. Rejects only when the signal aborts. */
export async function receiveWebhook(
  handed: HandedDelivery,
  { secret, forward }: Receiver,
  signal: AbortSignal,
): Promise<ListenerAnswer> {
  const refused = refuseSignature(handed, secret, Date.now())
  const { durationMs, ...answer } = await answerTo(handed, { refused, forward }, signal)
  process.stdout.write(`${tell(handed, { refused, answer, durationMs })}\n`)
  return answer
}

type Answered = ListenerAnswer & { durationMs?: number }

async function answerTo(
  handed: HandedDelivery,
  { refused, forward }: { refused: string | null; forward: Forward | null },
  signal: AbortSignal,
): Promise<Answered> {
  if (refused !== null) return { statusCode: 401, response: refused }
  return forward === null ? { statusCode: 204 } : await forward.send(handed, signal)
}

/** `durationMs`: of the receiver that it was handed on to. */
type Outcome = { refused: string | null; answer: ListenerAnswer; durationMs: number | undefined }

function tell({ id, attempt, body }: HandedDelivery, { refused, answer, durationMs }: Outcome): string {
  const event = parse(body)
  if (jsonIsWanted()) {
    const forwarded = durationMs === undefined ? {} : { forwarded: { ...answer, durationMs } }
    return jsonLine({ webhookId: id, attempt, signature: refused ?? 'ok', ...forwarded, event }).trimEnd()
  }
  return [
    colours.green('webhook'),
    describeAmongOthers(event),
    refused === null ? colours.green('signature ok') : colours.red(`signature refused: ${refused}`),
    ...(durationMs === undefined ? [] : [describeAnswer(answer, durationMs)]),
    ...(attempt === 1 ? [] : [colours.dim(`attempt ${attempt}`)]),
  ].join('  ')
}

function describeAnswer(answer: ListenerAnswer, durationMs: number): string {
  if ('error' in answer) return colours.red(`${plainText(answer.error)}; it comes again`)
  const { statusCode } = answer
  const isTaken = statusCode >= 200 && statusCode < 300
  return isTaken
    ? colours.dim(`${statusCode} after ${durationMs} ms`)
    : colours.red(`the receiver answered ${statusCode}${statusCode === 410 ? '' : '; it comes again'}`)
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body // what is no JSON is told as it came
  }
}
