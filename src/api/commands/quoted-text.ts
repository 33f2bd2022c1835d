// What a reply shows of the message that it answers, where the other's phone does not have that one.
import { z } from 'zod'
import type { MessageAnswer } from '../../projections/read-model/queries.ts'

/** Phones show a few lines of it. */
const MAX_CHARACTERS = 1_024

const named = z.object({ name: z.string().nullish() }).nullable().catch(null)
const cards = z
  .array(z.object({ displayName: z.string().nullish() }))
  .nullable()
  .catch(null)

/** Empty: nothing of it is text. */
export function quotedText({ text, poll, location, contacts }: MessageAnswer): string {
  const names = cards.parse(contacts)?.flatMap(({ displayName }) => displayName ?? [])
  const shown = text ?? named.parse(poll)?.name ?? named.parse(location)?.name ?? names?.join(', ') ?? ''
  return shown.slice(0, MAX_CHARACTERS).toWellFormed()
}
