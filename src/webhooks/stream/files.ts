// What a step knows of files, by their messages: what has become of each, and which endpoint was told what of it. In memory, between what was
// read for the step and what is written of it.
import type { Write } from '../../database/statement-parts.ts'
import type { FileRow } from './file-row.ts'
import { fileRowOf, type MediaMessageEvent, type NewFile, writeFiles } from './media-messages.ts'
import type { MediaOutcome, Standing } from './media-outcome.ts'
import { type Told, writeTold } from './media-told.ts'

export type Files = {
  /** As they are now, in this step. */
  rows: Map<string, FileRow>
  added: Map<string, Omit<NewFile, 'row'>>
  changed: Set<string>
  /** By file: of those that this step's events are about, everybody. */
  told: Map<string, Told[]>
  newlyTold: Told[]
  raised: Map<string, Standing>
}

/** What `readFiles`, `readFreed` and `readTold` found. */
export function openFiles(rows: readonly FileRow[], told: readonly Told[]): Files {
  return {
    rows: new Map(rows.map(row => [row.event_id, row])),
    added: new Map(),
    changed: new Set(),
    told: Map.groupBy(told, one => one.event_id),
    newlyTold: [],
    raised: new Map(),
  }
}

export function addFile(files: Files, event: MediaMessageEvent, of: { partition: number; chatLane: string }): void {
  files.rows.set(event.eventId, fileRowOf(event, of.chatLane))
  files.added.set(event.eventId, { partition: of.partition, instanceId: event.instanceId })
}

/** Of what an endpoint was told first it stays told. */
export function noteTold(files: Files, told: Told): void {
  const known = files.told.get(told.event_id) ?? []
  if (known.some(one => one.endpoint_id === told.endpoint_id)) return
  files.told.set(told.event_id, [...known, told])
  files.newlyTold.push(told)
}

/** A greater outcome. Everybody who knows the message is told; answers who that is: nobody was told more than the standing that this one exceeds. */
export function raiseOutcome(files: Files, row: FileRow, outcome: MediaOutcome, { round, rank }: Standing): readonly Told[] {
  files.rows.set(row.event_id, { ...row, round, rank, outcome })
  if (!files.added.has(row.event_id)) files.changed.add(row.event_id)
  files.raised.set(row.event_id, { round, rank })
  return [...(files.told.get(row.event_id) ?? [])].sort((a, b) => (a.lane < b.lane ? -1 : 1))
}

export function writesOfFiles({ rows, added, changed, newlyTold, raised }: Files): readonly Write[] {
  const newFiles = [...added].flatMap(([id, of]) => rowsOf(rows, id).map(row => ({ ...of, row })))
  return [
    ...writeFiles(
      newFiles,
      [...changed].flatMap(id => rowsOf(rows, id)),
    ),
    ...writeTold(
      newlyTold.map(one => ({ ...one, ...raised.get(one.event_id) })),
      [...raised].map(([event_id, standing]) => ({ event_id, ...standing })),
    ),
  ]
}

const rowsOf = (rows: ReadonlyMap<string, FileRow>, id: string): readonly FileRow[] => {
  const row = rows.get(id)
  return row === undefined ? [] : [row]
}
