// Whoever wants to know what only WhatsApp knows has asked by a row: each account of this process that is logged in asks WhatsApp, a few questions at
// a time, and answers by the row. What an account leaves unanswered its next session answers, while somebody waits for it.
import type { Database } from '../../database/database.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import { answerQuestions, type OpenQuestion, readQuestions, socketReadsChannel } from '../../instances/socket-reads.ts'
import { createBell } from '../../runtime/bell.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import type { Acting } from '../socket/acting.ts'
import { type Asked, type AskingDeps, createAsking } from './ask.ts'
import { createOutdating, type Outdating } from './outdate-reads.ts'
import { areAskedTogether } from './reads.ts'

export type SocketReads = Pick<Outdating, 'outdate'> & {
  /** From now on, until it is over; a newer one takes its place. */
  serve(of: Served): void
  /** Until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}
export type Served = Owned & { acting: Acting; isOver(): boolean }
type Deps = AskingDeps & { database: Database; logger: Logger }
type Task = Asked & Pick<OpenQuestion, 'readAt'>

/** Between looks at all: wakes may be lost, and turns come. */
const lookEveryMs = 2_000
const questionsAtOnce = 4
/** As many as WhatsApp is asked of in one question. */
const lookedAt = 50

export function createSocketReads(deps: Deps): SocketReads {
  const { database, logger } = deps
  const serving = new Map<string, Served>()
  /** Of each instance what is being asked. */
  const asking = new Map<string, Set<string>>()
  const asker = createAsking(deps)
  const outdating = createOutdating(deps)
  const work = new Set<Promise<void>>()
  const bell = createBell()
  /** Of these somebody has asked since the last look. */
  const named = new Set<string>()

  /** '': any may have been asked. */
  function lookAt(said: string): void {
    for (const id of said === '' ? serving.keys() : [said]) if (serving.has(id)) named.add(id)
    if (named.size > 0) bell.ring()
  }

  async function look(instanceIds: readonly string[]): Promise<void> {
    for (const { instanceId, isOver } of serving.values()) if (isOver()) serving.delete(instanceId)
    const free = instanceIds.filter(id => serving.has(id) && (asking.get(id)?.size ?? 0) < questionsAtOnce)
    if (free.length === 0) return
    const questions = await readQuestions(database, free, { perInstance: lookedAt })
    for (const [instanceId, of] of Map.groupBy(questions, one => one.instanceId)) begin(instanceId, of)
  }

  function begin(instanceId: string, questions: readonly OpenQuestion[]): void {
    const served = serving.get(instanceId)
    if (served === undefined) return
    const busy = asking.get(instanceId) ?? new Set<string>()
    const fresh = together(questions).filter(one => !busy.has(nameOf(one)))
    for (const one of fresh.slice(0, questionsAtOnce - busy.size)) {
      if (!asker.mayAsk(instanceId)) return
      asking.set(instanceId, busy.add(nameOf(one)))
      const asked = ask(served, one).then(isAnswered => {
        busy.delete(nameOf(one))
        if (busy.size === 0) asking.delete(instanceId)
        work.delete(asked)
        // Whoever waits for its place.
        if (isAnswered) lookAt(instanceId)
      })
      work.add(asked)
    }
  }

  /** Never rejects. false: without an answer it is asked again with the next look, while somebody waits. */
  async function ask({ instanceId, epoch, acting, isOver }: Served, asked: Task): Promise<boolean> {
    const { kind, readAt } = asked
    try {
      const answers = await asker.ask({ instanceId, acting }, asked)
      await answerQuestions(database, { instanceId, epoch, kind, answers, readAt })
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
      lookAt(served.instanceId)
    },
    outdate: outdating.outdate,
    follow: async signal => {
      await tried(() => database.listen(socketReadsChannel, lookAt, signal), signal)
      for (let nextAt = 0; !signal.aborted; ) {
        const isForAll = performance.now() >= nextAt
        if (isForAll) nextAt = performance.now() + lookEveryMs
        const looked = [...(isForAll ? serving.keys() : named)]
        named.clear()
        await tried(() => look(looked), signal)
        await bell.rung(signal, Math.max(0, nextAt - performance.now()))
      }
      await Promise.all([...work, outdating.idle()])
    },
  }
}

/** Of what is asked together one question is under way at a time. */
const nameOf = ({ kind, subjects }: Asked): string => (areAskedTogether(kind) ? kind : `${kind} ${subjects[0] ?? ''}`)

/** The questions to WhatsApp for them, in their order. */
function together(questions: readonly OpenQuestion[]): readonly Task[] {
  const byName = Map.groupBy(questions, ({ kind, subject }) => nameOf({ kind, subjects: [subject] }))
  return [...byName.values()].flatMap(([first, ...rest]) =>
    first === undefined
      ? []
      : [{ kind: first.kind, readAt: first.readAt, subjects: [first, ...rest].map(({ subject }) => subject) }],
  )
}
