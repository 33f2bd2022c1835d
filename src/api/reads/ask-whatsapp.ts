// What only WhatsApp knows is asked of whoever holds the account, in whichever process, and answered from what came back: within 10 s, or in words
// why not. What was answered a moment ago is not asked again.
import type { Database } from '../../database/database.ts'
import type { SocketRead } from '../../instances/socket-answers.ts'
import { answerKey, askQuestions, type KeptAnswer, readAnswers } from '../../instances/socket-reads.ts'
import { readInstance } from '../instances/read-instances.ts'
import { Problem } from '../problems.ts'
import type { RowWatch } from '../row-watch.ts'
import type { WaitingReaders } from './waiting-readers.ts'

export type AskDeps = {
  database: Database
  socketAnswers: RowWatch
  waitingReaders: WaitingReaders
  stopping: AbortSignal
  /** How long an answer is waited for [10 s]. */
  socketReadWaitMs?: number | undefined
}
export type Wanted = { instanceId: string; kind: SocketRead; subjects: readonly string[]; maxAgeSeconds: number }

/**
 * In the order of the subjects, of which no two are the same. Throws Problem `instance-not-found`, `instance-logged-out`, `too-many-waiting`,
 * `account-away`, `not-answered`.
 */
export async function askWhatsApp(deps: AskDeps, wanted: Wanted, gone: AbortSignal): Promise<readonly KeptAnswer[]> {
  const { database, waitingReaders, stopping } = deps
  const { instanceId } = wanted
  const waitMs = deps.socketReadWaitMs ?? 10_000
  await refuseLoggedOut(database, instanceId)
  const leave = waitingReaders.enter(instanceId)
  try {
    const { answers, isFull } = await answersWithin(deps, { ...wanted, waitMs, mayWait: leave !== null }, gone)
    if (answers !== null) return answers
    if (isFull) throw new Problem('too-many-waiting', `instance ${instanceId}: as many questions wait for WhatsApp as may wait`)
  } finally {
    leave?.()
  }
  if (stopping.aborted) throw new Problem('stopping', `asking WhatsApp through ${instanceId}: this process is stopping`)
  throw await whyNone(database, instanceId, waitMs)
}

/** answers: null: one is missing; isFull: which was not waited for. */
async function answersWithin(
  { database, socketAnswers, stopping }: AskDeps,
  { waitMs, mayWait, maxAgeSeconds, ...asked }: Wanted & { waitMs: number; mayWait: boolean },
  gone: AbortSignal,
): Promise<{ answers: readonly KeptAnswer[] | null; isFull: boolean }> {
  const { isFull, ...enough } = await askQuestions(database, { ...asked, maxAgeMs: maxAgeSeconds * 1000, withinMs: waitMs })
  const answer = async () => inOrder(asked.subjects, await readAnswers(database, { ...asked, ...enough }))
  if (isFull || !mayWait) return { answers: await answer(), isFull: true }
  const until = AbortSignal.any([AbortSignal.timeout(waitMs), gone, stopping])
  const keys = asked.subjects.map(subject => answerKey({ ...asked, subject }))
  return { answers: await socketAnswers.until(answer, keys, until), isFull: false }
}

/** null: one is missing. */
function inOrder(subjects: readonly string[], answers: readonly KeptAnswer[]): readonly KeptAnswer[] | null {
  const bySubject = new Map(answers.map(answer => [answer.subject, answer]))
  const found = subjects.flatMap(subject => bySubject.get(subject) ?? [])
  return found.length === subjects.length ? found : null
}

async function refuseLoggedOut(database: Database, id: string): Promise<void> {
  const { state } = await readInstance(database, id)
  if (state !== 'logged-out') return
  const mend = `POST /v1/instances/${id}/restart asks for a QR code to link it again`
  throw new Problem(
    'instance-logged-out',
    `instance ${id} is logged out, so that WhatsApp can be asked nothing through it: ${mend}`,
  )
}

async function whyNone(database: Database, id: string, waitMs: number): Promise<Problem> {
  const { state, reasonText } = await readInstance(database, id)
  const within = `within ${waitMs / 1000} s`
  if (state === 'open') return new Problem('not-answered', `WhatsApp did not answer ${id} ${within}: ask again`)
  const why = `instance ${id} is ${state}${reasonText === null ? '' : ` (${reasonText})`}`
  const mend = `ask again once GET /v1/instances/${id} says open`
  return new Problem('account-away', `${why}, and was not connected ${within}: ${mend}`)
}
