// How the refusal of a value says that docs/contract.md has it and this version does not: the API answers it as `not-in-this-version`,
// not as a mistake of whoever asked.
const MARK = 'not in this version, which takes '

/** The message of a validation issue. `takes`: what this version takes in its place. */
export const takesOnly = (takes: string): string => `${MARK}${takes}`

export const isOfLaterVersion = (message: string): boolean => message.startsWith(MARK)

/** What the message says that this version takes. */
export const takenNow = (message: string): string => message.slice(MARK.length)

/** For the `error` of a schema of the words `here`: those of `later` are told apart from what no version has. */
export const refuseWord =
  ({ here, later }: { here: readonly string[]; later: readonly string[] }) =>
  ({ input }: { input?: unknown }): string =>
    typeof input === 'string' && later.includes(input) ? takesOnly(oneOf(here)) : `expected ${oneOf(here)}`

const oneOf = (words: readonly string[]): string => (words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`)
