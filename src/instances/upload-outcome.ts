// What became of the file that a command was to send: told beside the command's own outcome, one for each command. A file that failed by itself was
// told by whoever prepared it.
import type { Transaction } from '../database/database.ts'
import { keptBodyIn, uploadIn } from '../events/command-bodies.ts'
import { derivedId } from '../events/ids.ts'
import { outcomeId } from './command-ids.ts'
import type { EndedCommand } from './commands-at-work.ts'
import { findUploads, type UploadRow } from './uploads.ts'

export type UploadOutcome = ReturnType<typeof outcomeOf>

/** null: it sends none, or none that anybody has to hear of. */
export async function uploadOutcome(
  database: Transaction,
  instanceId: string,
  command: EndedCommand,
): Promise<UploadOutcome | null> {
  const [outcome] = await uploadOutcomes(database, [{ ...command, instance_id: instanceId }])
  return outcome ?? null
}

/** Of each of these, of one question at most. */
export async function uploadOutcomes(
  database: Transaction,
  commands: readonly (EndedCommand & { instance_id: string })[],
): Promise<readonly (UploadOutcome | null)[]> {
  const sent = commands.map(({ body }) => keptBodyIn(body)).map(body => body && uploadIn(body))
  const ids = sent.flatMap(one => one?.uploadId ?? [])
  const rows = ids.length === 0 ? new Map<string, UploadRow>() : await findUploads(database, ids)
  return commands.map((command, nth) => {
    const row = rows.get(sent[nth]?.uploadId ?? '')
    if (row?.instanceId !== command.instance_id) return null
    return row.state === 'failed' && command.outcome.type === 'command.failed' ? null : outcomeOf(row, command)
  })
}

function outcomeOf({ uploadId, kind, file, ...said }: UploadRow, { outcome, ...command }: EndedCommand) {
  const about = {
    eventId: derivedId({ sourceId: outcomeId(command.event_id), by: 'uploads', type: 'outcome', round: 1, ordinal: 0 }),
    occurredAt: outcome.at,
    ...{ chatId: command.chat_id, messageId: command.message_id, commandId: command.command_id },
    ...{ uploadId, kind, mimetype: file?.mimetype ?? said.mimetype, sizeBytes: file?.sizeBytes ?? said.sizeBytes },
  }
  if (outcome.type === 'command.completed') return { ...about, type: 'upload.completed' as const }
  return { ...about, type: 'upload.failed' as const, reason: 'not-sent', reasonText: outcome.reasonText }
}
