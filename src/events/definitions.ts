// Every event type zaplog writes, in one table: the source of schemas/*.avsc, of the TypeScript types and of docs/events.md.
// Fields are only added, and only optional ones: the check compares every released version (FULL_TRANSITIVE).
import { addressEvents } from './definitions/addresses.ts'
import { callEvents } from './definitions/calls.ts'
import { changeEvents } from './definitions/changes.ts'
import { chatEvents } from './definitions/chats.ts'
import { commandEvents } from './definitions/commands.ts'
import { deliveryEvents } from './definitions/deliveries.ts'
import { groupEvents } from './definitions/groups.ts'
import { historyEvents } from './definitions/history.ts'
import { instanceEvents } from './definitions/instances.ts'
import { mediaEvents } from './definitions/media.ts'
import { messageEvents } from './definitions/messages.ts'
import { processingEvents } from './definitions/processing.ts'
import { replayEvents } from './definitions/replays.ts'
import { unknownEvents } from './definitions/unknown.ts'
import { uploadEvents } from './definitions/uploads.ts'
import type { EventShape } from './schema-fields.ts'

export const events: readonly EventShape[] = [
  ...messageEvents,
  ...changeEvents,
  ...chatEvents,
  ...addressEvents,
  ...groupEvents,
  ...callEvents,
  ...historyEvents,
  ...instanceEvents,
  ...mediaEvents,
  ...commandEvents,
  ...processingEvents,
  ...uploadEvents,
  ...replayEvents,
  ...unknownEvents,
  ...deliveryEvents,
]
