// Whoever wants to know what only WhatsApp knows has asked by a row: each account of this process that is logged in asks WhatsApp, a few questions at
// a time, and answers by the row. What an account leaves unanswered its next session answers, while somebody waits for it.
import type { Database } from '../../database/database.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import type { SocketRead } from '../../instances/socket-answers.ts'
import {
  type Answered,
  answerQuestions,
  keptForMs,
  type Question,
  readQuestions,
  type SocketAnswer,
  socketReadsChannel,
} from '../../instances/socket-reads.ts'
import { createBell } from '../../runtime/bell.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import { orNullIfAborted } from '../../runtime/or-abort.ts'
import type { Acting } from '../socket/acting.ts'
import { areAskedTogether, reads } from './reads.ts'

export type SocketReads = {
  /** From now on, until it is over; a newer one takes its place. */
  serve(of: Served): void
  /** Until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}
export type Served = Owned & { acting: Acting; isOver(): boolean }
type Deps = { database: Database; logger: Logger }
/** What one question asks. */
type Asked = { kind: SocketRead; subjects: readonly string[] }

/** Wakes may be lost. */
const lookEveryMs = 2_000
const answeredWithinMs = 10_000
const questionsAtOnce = 4
/** As many as WhatsApp is asked of in one question. */
const lookedAt = 50
/** What WhatsApp refuses is asked again only after so long; what it does not have, or does not show, is an answer like any other. */
const refusedForMs = 20_000
const lasting: ReadonlySet<string> = new Set(['401', '403', '404'])

export function createSocketReads(deps: Deps): SocketReads {
  const { database, logger } = deps
  const serving = new Map<string, Served>()
  /** Of each instance what is being asked. */
  const asking = new Map<string, Set<string>>()
  const work = new Set<Promise<void>>()
  const bell = createBell()

  async function look(): Promise<void> {
    for (const { instanceId, isOver } of serving.values()) if (isOver()) serving.delete(instanceId)
    const free = [...serving.keys()].filter(id => (asking.get(id)?.size ?? 0) < questionsAtOnce)
    if (free.length === 0) return
    const questions = await readQuestions(database, free, { perInstance: lookedAt })
    for (const [instanceId, of] of Map.groupBy(questions, one => one.instanceId)) begin(instanceId, of)
  }

  function begin(instanceId: string, questions: readonly Question[]): void {
    const served = serving.get(instanceId)
    if (served === undefined) return
    const busy = asking.get(instanceId) ?? new Set<string>()
    const fresh = together(questions).filter(one => !busy.has(nameOf(one)))
    for (const one of fresh.slice(0, questionsAtOnce - busy.size)) {
      asking.set(instanceId, busy.add(nameOf(one)))
      const asked = ask(served, one).then(isAnswered => {
        busy.delete(nameOf(one))
        if (busy.size === 0) asking.delete(instanceId)
        work.delete(asked)
        // Whoever waits for its place.
        if (isAnswered) bell.ring()
      })
      work.add(asked)
    }
  }

  /** Never rejects. false: without an answer it is asked again with the next look, while somebody waits. */
  async function ask({ instanceId, epoch, acting, isOver }: Served, { kind, subjects }: Asked): Promise<boolean> {
    try {
      const answers = await answersOf(acting, { kind, subjects })
      await answerQuestions(database, { instanceId, epoch, kind, answers })
      return true
    } catch (error) {
      if (!isOver()) logger.warn('socket-read.not-answered', { instanceId, epoch, kind, error: describeError(error) })
      return false
    }
  }

  async function tried(doing: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await doing()
    } catch (error) {
      if (!signal.aborted) logger.warn('socket-reads.not-read', { instances: serving.size, error })
    }
  }

  return {
    serve: served => {
      serving.set(served.instanceId, served)
      bell.ring()
    },
    follow: async signal => {
      await tried(() => database.listen(socketReadsChannel, bell.ring, signal), signal)
      while (!signal.aborted) {
        await tried(look, signal)
        await bell.rung(signal, lookEveryMs)
      }
      await Promise.all(work)
    },
  }
}

/** Of what is asked together one question is under way at a time. */
const nameOf = ({ kind, subjects }: Asked): string => (areAskedTogether(kind) ? kind : `${kind} ${subjects[0] ?? ''}`)

/** The questions to WhatsApp for them, in their order. */
function together(questions: readonly Question[]): readonly Asked[] {
  const byName = Map.groupBy(questions, ({ kind, subject }) => nameOf({ kind, subjects: [subject] }))
  return [...byName.values()].flatMap(([first, ...rest]) =>
    first === undefined ? [] : [{ kind: first.kind, subjects: [first, ...rest].map(({ subject }) => subject) }],
  )
}

/** Rejects where WhatsApp says nothing in time. */
async function answersOf(acting: Acting, { kind, subjects }: Asked): Promise<readonly Answered[]> {
  try {
    const said = await orNullIfAborted(reads[kind](acting, subjects), AbortSignal.timeout(answeredWithinMs))
    if (said === null) throw new Error('asking WhatsApp: expected an answer in time, got none')
    return subjects.map(subject => answered(subject, said.get(subject) ?? leftOut))
  } catch (error) {
    const code = codeOf(error)
    if (code === null) throw error
    return subjects.map(subject => answered(subject, { code }))
  }
}

/** Of several that were asked for together. */
const leftOut: SocketAnswer = { code: 'none' }

function answered(subject: string, answer: SocketAnswer): Answered {
  const isKept = !('code' in answer) || lasting.has(answer.code)
  return { subject, answer, keptMs: isKept ? keptForMs : refusedForMs }
}

/** What Baileys rejects with where WhatsApp refuses (assertNodeErrorFree in lib/WABinary/generic-utils.js); null: it was silent. */
function codeOf(error: unknown): string | null {
  const code = error instanceof Error && 'data' in error ? error.data : null
  return typeof code === 'number' ? String(code) : null
}
