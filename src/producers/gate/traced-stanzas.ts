// What is known of stanzas from their taking in to their handing over: which one a ciphertext is of, what was begun for it, and for whom
// nothing more is taken in until Baileys is done with it. All of it is forgotten with the stanza itself.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { allOf, type Begun } from './begun.ts'
import type { EncodedPart } from './stanza-parts.ts'

/** For whom the look-ahead ends with a stanza, until Baileys is done with it. */
export type LookAheadEnd = 'nobody' | 'sender' | 'everybody'

export type TracedStanzas = {
  trace(part: EncodedPart): void
  /** By the identity of the ciphertext object: the very one that Baileys hands to its repository. */
  partOf(ciphertext: Uint8Array): EncodedPart | undefined
  /** Something of the stanza is on its way into the log. */
  begun(node: BinaryNode, what: Begun): void
  /** It came again, and is in the log already. */
  accounted(node: BinaryNode): void
  isAccounted(node: BinaryNode): boolean
  /** All that was begun of it. */
  allOf(node: BinaryNode): Begun
  endLookAhead(node: BinaryNode, end: LookAheadEnd): void
  lookAheadEnd(node: BinaryNode): LookAheadEnd
}
type Course = { isAccounted: boolean; begun: Begun[]; end: LookAheadEnd }

export function createTracedStanzas(): TracedStanzas {
  const parts = new WeakMap<Uint8Array, EncodedPart>()
  const courses = new WeakMap<BinaryNode, Course>()

  function courseOf(node: BinaryNode): Course {
    const known = courses.get(node)
    if (known !== undefined) return known
    const course: Course = { isAccounted: false, begun: [], end: 'nobody' }
    courses.set(node, course)
    return course
  }

  return {
    trace: part => void parts.set(part.content, part),
    partOf: ciphertext => parts.get(ciphertext),
    begun: (node, what) => {
      const course = courseOf(node)
      course.begun.push(what)
      course.isAccounted = true
    },
    accounted: node => {
      courseOf(node).isAccounted = true
    },
    isAccounted: node => courseOf(node).isAccounted,
    allOf: node => allOf(courseOf(node).begun),
    endLookAhead: (node, end) => {
      const course = courseOf(node)
      if (course.end !== 'everybody') course.end = end
    },
    lookAheadEnd: node => courseOf(node).end,
  }
}
