// One question of WhatsApp's, and its answer. Baileys resolves with undefined where none came in time: that is an error here, without a code.
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Acting } from '../socket/acting.ts'

export async function ask({ query }: Pick<Acting, 'query'>, iq: BinaryNode, timeoutMs?: number): Promise<BinaryNode> {
  const answer: unknown = await query(iq, timeoutMs)
  if (!isNode(answer)) throw new Error(`asking WhatsApp of ${iq.attrs.xmlns}: expected an answer, got none`)
  return answer
}

const isNode = (answer: unknown): answer is BinaryNode => typeof answer === 'object' && answer !== null && 'tag' in answer

/** The same for as long as the try lasts: of one that was given up nothing more is asked, which its next try would ask again. */
export const whileTrying = (acting: Acting, givenUp: AbortSignal): Acting => ({
  ...acting,
  query: async (...asked) => {
    givenUp.throwIfAborted()
    return acting.query(...asked)
  },
})
