// The steps of a purge by name, in order, as rows and answers have them; what each does is in steps.ts.
import { erasures } from './erasures.ts'

/** In the order in which each list has them; the tables are between the two. */
export const beforeRows = ['account', 'announce', 'settle'] as const
export const afterRows = ['objects by row', 'objects listed', 'objects in the log', 'uploads', 'check'] as const

export const rowsStepOf = ({ name }: { name: string }): string => `rows ${name}`

export const stepNames: readonly string[] = [...beforeRows, ...erasures.map(rowsStepOf), ...afterRows]

/** Where erasing begins; a step of another version begins there again. */
export const FIRST_ROWS = rowsStepOf(erasures[0])
