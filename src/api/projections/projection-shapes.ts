// Projections as the API shows them: how far each is, and which accounts it leaves out.
import { z } from 'zod'
import { exampleAt, exampleEndAt, exampleIds } from '../../events/example-ids.ts'
import { projectionStates, wordsOf } from '../../events/vocabulary.ts'
import type { LeftOut, Skipped } from '../../projections/queries.ts'

const place = {
  topic: z.string().describe('without the prefix'),
  partition: z.number(),
  offset: z.string().describe('of the record that could not be projected'),
  code: z.string(),
  error: z.string(),
}
const examplePlace = {
  topic: 'events',
  partition: 3,
  offset: '1200',
  code: 'not-decodable',
  error: 'expected Avro, got no frame',
}

export const leftOutShape = z
  .object({
    projection: z.string(),
    version: z.number(),
    key: z.string().describe('the id of the instance that is left out'),
    ...place,
    since: z.string(),
    held: z
      .number()
      .nullable()
      .describe(
        'records of the account that wait for it, the one that failed among them; null: more than an answer has time to count, or one account was asked for',
      ),
    asked: z.enum(['resume', 'skip']).nullable().describe('what was asked for and is about to be done'),
  })
  .meta({
    title: 'LeftOutAccount',
    examples: [
      {
        ...{ projection: 'read-model', version: 1, key: exampleIds.instance, ...examplePlace },
        ...{ since: exampleAt, held: 12, asked: null },
      },
    ],
  })

const skippedShape = z.object({ key: z.string(), ...place, skippedAt: z.string() })

const projectionShape = z
  .object({
    name: z.string(),
    version: z.number(),
    state: z.string().describe(wordsOf(projectionStates)),
    lagRecords: z.number().describe('records that it has not read, gaps counted, too'),
    lagMs: z.number().nullable().describe('age of the oldest of them; null: it is not known'),
    keys: z.array(leftOutShape).describe('accounts that it leaves out, the first one first; 1,000 of all projections at most'),
    skipped: z
      .array(skippedShape)
      .describe('records that were passed over for good, the newest first; 100 of all projections at most'),
  })
  .meta({ title: 'Projection' })

const example = {
  ...{ name: 'read-model', version: 1, state: 'projecting', lagRecords: 0, lagMs: 0, keys: [] },
  skipped: [{ key: exampleIds.instance, ...examplePlace, skippedAt: exampleEndAt }],
}
export const projectionsShape = z
  .object({ data: z.array(projectionShape) })
  .meta({ title: 'Projections', examples: [{ data: [example] }] })
export type ShownProjection = z.infer<typeof projectionShape>
type Shown = z.infer<typeof leftOutShape>

export const showLeftOut = (left: LeftOut, held: number | null): Shown => ({
  ...{ projection: left.name, version: left.version, key: left.key },
  ...placeOf(left),
  since: left.since.toISOString(),
  held,
  asked: left.skipRequested ? 'skip' : left.resumeRequested ? 'resume' : null,
})

export const showSkipped = (one: Skipped): z.infer<typeof skippedShape> => ({
  key: one.key,
  ...placeOf(one),
  skippedAt: one.skippedAt.toISOString(),
})

const placeOf = ({ topic, partition, offset, code, message }: LeftOut | Skipped) => ({
  ...{ topic, partition, offset: String(offset), code, error: message },
})
