// The receiver of a fixture's endpoints: always on the same port, because endpoints keep whole addresses; each endpoint has a path of its own.
import { createServer } from 'node:net'
import { type Answer, openReceiver, type ReceivedAttempt, type Receiver } from '../ground/receiver.ts'
import { until } from '../ground/until.ts'

/** Below those that systems give out. */
const PORT = 18_917
const PORT_FREE_WITHIN_MS = 120_000

type Answered = Answer | ((attempt: ReceivedAttempt) => Answer)
export type KeptReceiver = {
  receiver: Receiver
  /** From now on, to every attempt or as it says; an endpoint without an answer takes everything. */
  answer(name: string, answer: Answered): void
  attemptsOf(name: string): readonly ReceivedAttempt[]
  acceptedOf(name: string): readonly ReceivedAttempt[]
}

/** With a token in the query, as some clients have it. */
export const urlOf = (name: string): string => `http://127.0.0.1:${PORT}/${name}?token=${name}-in-plain-text`

export const nameOf = ({ path }: Pick<ReceivedAttempt, 'path'>): string => /^\/([a-z]+)\?/.exec(path)?.[1] ?? path

/** Two runs on one machine take turns. */
export async function openKeptReceiver(): Promise<KeptReceiver> {
  const answers = new Map<string, Answered>()
  await until(`port ${PORT} to be free`, isFree, PORT_FREE_WITHIN_MS)
  const receiver = await openReceiver({ port: PORT, respond: attempt => answerTo(answers.get(nameOf(attempt)), attempt) })
  const of = (list: readonly ReceivedAttempt[], name: string) => list.filter(attempt => nameOf(attempt) === name)
  return {
    receiver,
    answer: (name, answer) => void answers.set(name, answer),
    attemptsOf: name => of(receiver.attempts, name),
    acceptedOf: name => of(receiver.accepted, name),
  }
}

const answerTo = (answered: Answered | undefined, attempt: ReceivedAttempt): Answer =>
  typeof answered === 'function' ? answered(attempt) : (answered ?? {})

function isFree(): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(PORT, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
