// Words of the contract as the API takes and describes them: which there are now, and which come with a later version.
import { z } from 'zod'
import { wordsOf } from '../events/vocabulary.ts'
import { refuseWord } from '../runtime/later-version.ts'

/** For filters: a word that nothing has yet would answer an empty page for ever, and is refused by that name. */
export const wordOf = <const Word extends string>(of: { readonly here: readonly Word[]; readonly later: readonly string[] }) =>
  z.enum(of.here, { error: refuseWord(of) }).describe(wordsOf(of))
