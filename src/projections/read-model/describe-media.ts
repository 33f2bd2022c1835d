// A file as the API answers it: what was really stored where that is known, else what the message announced.
import { type AnswerOf, answerOf, jsonOf, text } from './columns.ts'
import { fileColumns, outcomeColumns } from './media-columns.ts'

const mediaColumns = { ...outcomeColumns, ...fileColumns }
export type MediaAnswer = AnswerOf<typeof mediaColumns> & { hasThumbnail: boolean }

/** Of messages as m and media as f. */
export const selectMedia = `m.media as announced, m.from_history as "fromHistory", ${jsonOf({ ...mediaColumns, thumbnailKey: text }, 'f')} as file`

export type MediaRow = {
  announced: Readonly<Record<string, unknown>> | null
  /** null: its message is not known yet. */
  fromHistory: boolean | null
  /** All null where nothing became of it yet. */
  file: Readonly<Record<string, unknown>>
}

export const hasMedia = ({ announced, file }: MediaRow): boolean => announced !== null || file.status !== null

/** Of a row that has a file. Nobody fetches those of history. */
export const describeMedia = ({ announced, fromHistory, file }: MediaRow): MediaAnswer => ({
  ...answerOf(mediaColumns, { status: fromHistory ? 'skipped' : 'pending', round: 1, ...announced, ...known(file) }),
  hasThumbnail: file.thumbnailKey !== null,
})

const known = (row: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
