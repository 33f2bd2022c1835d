// The receiver of a fixture's endpoints: always on the port of its version, because endpoints keep whole addresses; each has a path of its own.
import { createServer } from 'node:net'
import { type Answer, openReceiver, type ReceivedAttempt, type Receiver } from '../ground/receiver.ts'
import { until } from '../ground/until.ts'

/** Below those that systems give out: 18,917 of 0.1.0, the next one of 0.2.0, so that versions are tested side by side. */
function portOf(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return 18_916 + 100 * major + minor
}
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
export const urlOf = (version: string, name: string): string =>
  `http://127.0.0.1:${portOf(version)}/${name}?token=${name}-in-plain-text`

export const nameOf = ({ path }: Pick<ReceivedAttempt, 'path'>): string => /^\/([a-z]+)\?/.exec(path)?.[1] ?? path

/** Two runs on one machine take turns. */
export async function openKeptReceiver(version: string): Promise<KeptReceiver> {
  const port = portOf(version)
  const answers = new Map<string, Answered>()
  await until(`port ${port} to be free`, () => isFree(port), PORT_FREE_WITHIN_MS)
  const receiver = await openReceiver({ port, respond: attempt => answerTo(answers.get(nameOf(attempt)), attempt) })
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

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
