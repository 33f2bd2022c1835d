// What every list takes (docs/contract.md, HTTP): cursor, limit, after (inclusive) and before (exclusive); and what it answers.
import { z } from 'zod'

const instant = z.iso
  .datetime({ offset: true, error: 'an instant such as 2026-01-31T12:00:00.000Z' })
  .transform(text => Date.parse(text))

export const pageQuery = {
  cursor: z.exactOptional(z.string().min(1).max(1000)).describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('how many, at most'),
  after: z.exactOptional(instant).describe('from then on, inclusive'),
  before: z.exactOptional(instant).describe('before then, exclusive'),
}

/** Its example is a last page, with one of each example of what is listed. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z
    .object({ data: z.array(item), nextCursor: z.string().nullable().describe('null: this is the last page') })
    .meta({ examples: [{ data: examplesOf(item), nextCursor: null }] })

/** [] where it has none. */
function examplesOf(shape: z.ZodType): readonly unknown[] {
  const { examples } = shape.meta() ?? {}
  return Array.isArray(examples) ? examples : []
}
