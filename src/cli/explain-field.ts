// A field that zaplog refuses, in a sentence: what it is called where it was typed, what was expected, what came, and what may have been meant. Pure.
import { slipsBetween } from '../runtime/slips-between.ts'

type Refused = { name: string; expected: string; received: string }

export function explainField({ name, expected, received }: Refused): string {
  const words = wordsOf(expected)
  const meant = nearest(unquoted(received), words)
  const said = meant !== null && words.length > MOST_WORDS ? shortened(expected, words) : expected
  return `${name}: expected ${said}, got ${received}${meant === null ? '' : `; did you mean ${meant}?`}`
}

/** More are no answer to a slip. */
const MOST_WORDS = 8
const SHOWN = 3

/** Of a list at its end: one of text, image, video. */
const wordsOf = (expected: string): readonly string[] => / ?\bone of (.+)$/.exec(expected)?.[1]?.split(', ') ?? []

const shortened = (expected: string, words: readonly string[]): string =>
  expected.replace(/\bone of .+$/, `one of ${words.slice(0, SHOWN).join(', ')} and ${words.length - SHOWN} others`)

const unquoted = (received: string): string => received.replace(/^"(.*)"$/, '$1')

/** null: nothing is like it. A slip for each four letters at most. */
function nearest(word: string, words: readonly string[]): string | null {
  const [best] = words
    .map(one => ({ one, slips: slipsBetween(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, slips }) => slips > 0 && slips <= Math.ceil(one.length / 4))
    .toSorted((a, b) => a.slips - b.slips)
  return best?.one ?? null
}
