// The shapes of an answer's fields, as /openapi.json describes them, from the columns of the rows that it is made of.
import { z } from 'zod'
import type { Columns } from '../projections/read-model/queries.ts'

export function shapesOf<Table extends Columns>(columns: Table): { [Name in keyof Table]: z.ZodType }
export function shapesOf(columns: Columns): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, { is, nullable = false, doc }]) => {
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
