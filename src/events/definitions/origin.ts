// Whether a state was told because it changed, or because all of it was told.
import { optional } from '../schema-fields.ts'

export const origin = optional(
  'string',
  'change: it happened; snapshot: the whole state was told, and this differs from what was appended last; history: it came with the phone’s history. null: change.',
)
