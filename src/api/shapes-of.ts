// The shapes of an answer's fields, as /openapi.json describes them, from the columns of the rows that it is made of.
import { z } from 'zod'
import type { Columns } from '../projections/read-model/queries.ts'

/** `fields`: of the schema; they say what a column holds that does not say it itself. */
type Docs = Readonly<Record<string, { doc: string }>>

export function shapesOf<Table extends Columns>(columns: Table, fields?: Docs): { [Name in keyof Table]: z.ZodType }
export function shapesOf(columns: Columns, fields: Docs = {}): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, { is, nullable = false, doc = fields[name]?.doc }]) => {
      const shape = nullable ? shapes[is].nullable() : shapes[is]
      return [name, doc === undefined ? shape : shape.describe(doc)]
    }),
  )
}

const shapes = {
  text: z.string(),
  flag: z.boolean(),
  integer: z.number(),
  bigint: z.number(),
  instant: z.string(),
  texts: z.array(z.string()),
  json: z.unknown(),
}
