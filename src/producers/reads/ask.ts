// Asks WhatsApp through an account, at a pace of its own. One that is told that it asked too much (429) asks nothing for a while: until then that is
// the answer.
import type { SocketRead } from '../../instances/socket-answers.ts'
import { type Answered, keptForMs, type SocketAnswer } from '../../instances/socket-reads.ts'
import { createLru } from '../../runtime/lru.ts'
import { orNullIfAborted } from '../../runtime/or-abort.ts'
import type { Acting } from '../socket/acting.ts'
import { codeIn } from '../socket/code-in.ts'
import { reads } from './reads.ts'

export type Asking = {
  /** false: its turn has not come. */
  mayAsk(instanceId: string): boolean
  /** Takes a turn. Rejects where WhatsApp says nothing in time. */
  ask(by: { instanceId: string; acting: Acting }, asked: Asked): Promise<readonly Answered[]>
}
/** What one question asks. */
export type Asked = { kind: SocketRead; subjects: readonly string[] }

/** `restMs`: how long an account that asked too much asks nothing. */
export type AskingDeps = { readPace: ReadPace; restMs: number; clock: () => number }
type ReadPace = {
  /** How long the account's next turn is away; 0: it is now. */
  waitMs(instanceId: string): number
  takeTurn(instanceId: string): void
}

const answeredWithinMs = 10_000
/** What WhatsApp refuses is asked again only after so long; what it does not have, or does not show, is an answer like any other. */
const refusedForMs = 20_000
const lasting: ReadonlySet<string> = new Set(['401', '403', '404'])
const tooMuch = '429'
const maxInstances = 10_000

export function createAsking({ readPace, restMs, clock }: AskingDeps): Asking {
  const restsUntil = createLru<number>(maxInstances)
  const rests = (instanceId: string) => (restsUntil.get(instanceId) ?? 0) > clock()

  return {
    mayAsk: instanceId => rests(instanceId) || readPace.waitMs(instanceId) === 0,
    ask: async ({ instanceId, acting }, asked) => {
      if (rests(instanceId)) return refusedAll(asked, tooMuch)
      readPace.takeTurn(instanceId)
      const answers = await answersOf(acting, asked)
      if (answers.some(({ answer }) => 'code' in answer && answer.code === tooMuch)) restsUntil.set(instanceId, clock() + restMs)
      return answers
    },
  }
}

async function answersOf(acting: Acting, asked: Asked): Promise<readonly Answered[]> {
  const { kind, subjects } = asked
  try {
    const said = await orNullIfAborted(reads[kind](acting, subjects), AbortSignal.timeout(answeredWithinMs))
    if (said === null) throw new Error('asking WhatsApp: expected an answer in time, got none')
    return subjects.map(subject => answered(subject, said.get(subject) ?? leftOut))
  } catch (error) {
    const code = codeIn(error)
    if (code === null) throw error
    return refusedAll(asked, code)
  }
}

/** Of several that were asked for together. */
const leftOut: SocketAnswer = { code: 'none' }

const refusedAll = ({ subjects }: Asked, code: string) => subjects.map(subject => answered(subject, { code }))

function answered(subject: string, answer: SocketAnswer): Answered {
  const isKept = !('code' in answer) || lasting.has(answer.code)
  return { subject, answer, keptMs: isKept ? keptForMs : refusedForMs }
}
