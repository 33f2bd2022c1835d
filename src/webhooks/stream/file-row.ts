// What is known of a message's file, as the message's row has it.
import type { MediaMessage } from './delivery-body.ts'
import type { MediaOutcome, Standing } from './media-outcome.ts'

export type FileRow = {
  /** The message's. */
  event_id: string
  chat_lane: string
  outcome: MediaOutcome | null
  message: MediaMessage
} & Standing
